import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { staleArtifacts, writeArtifacts } from '../scripts/artifacts.ts';
import { databaseArtifacts } from '../scripts/database-artifacts.ts';
import { dumpSchema } from '../scripts/dump.ts';
import { envExample } from '../src/config.ts';
import { testDatabase } from '../src/testing/index.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

test('the committed dump, types and .env.example are what would be generated now', async () => {
  const artifacts = [
    { path: join(ROOT, '.env.example'), text: envExample() },
    ...(await databaseArtifacts(join(ROOT, 'schemas'))),
  ];
  expect(staleArtifacts(ROOT, artifacts), 'remedy: npm run generate').toEqual([]);
});

test('the dump shows a change of a column, a right, a view and a policy', async () => {
  const database = await testDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  onTestFinished(async () => {
    await client.end();
    await database.drop();
  });
  const before = await dumpSchema(client);
  for (const [change, sign] of [
    ['alter table energy.quota add column remark text', '  remark text,'],
    [
      'grant delete on energy.quota to ganzhi_api',
      'grant delete, insert, select, update on energy.quota to ganzhi_api;',
    ],
    ['create view dash.extra as select 1 as one', 'create view dash.extra as'],
    ['create policy extra on registry.institution using (false)', 'create policy extra on registry.institution'],
    [
      'grant select (login) on platform.app_user to ganzhi_reader',
      'on column platform.app_user.login to ganzhi_reader;',
    ],
    ['create function dash.one() returns int language sql as $$ select 1 $$', 'on function dash.one() to public;'],
  ] as const) {
    await client.query(change);
    const after = await dumpSchema(client);
    expect(before).not.toContain(sign);
    expect(after).toContain(sign);
  }
});

test('the dump does not depend on the data: partitions are left out', async () => {
  const database = await testDatabase();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  onTestFinished(async () => {
    await client.end();
    await database.drop();
  });
  const before = await dumpSchema(client);
  await client.query("select metering.ensure_partition('metering.reading', '2026-11-23T00:00Z')");
  expect(await dumpSchema(client)).toBe(before);
});

test('a stale file is named, and writing makes it fresh', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-artifacts-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const kept = { path: join(folder, 'kept.txt'), text: 'same\n' };
  const changed = { path: join(folder, 'changed.txt'), text: 'new\n' };
  writeFileSync(kept.path, 'same\n');
  writeFileSync(changed.path, 'old\n');
  const artifacts = [kept, changed, { path: join(folder, 'missing.txt'), text: '' }];
  expect(staleArtifacts(folder, artifacts)).toEqual(['changed.txt', 'missing.txt']);
  expect(writeArtifacts(folder, artifacts)).toEqual(['changed.txt', 'missing.txt']);
  expect(staleArtifacts(folder, artifacts)).toEqual([]);
  expect(readFileSync(changed.path, 'utf8')).toBe('new\n');
});
