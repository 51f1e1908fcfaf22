import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { locateEmbedded, READER_LOGIN } from '@ganzhi/schemas/db';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import { ApiClient } from '../bench/api-client.ts';
import { eventually, runGanzhi, System, temporaryFolder } from './system.ts';

/** What an operator does with a running installation, by command. */
const folder = temporaryFolder();
const system = await System.create(folder.path, ['--sites', '0']);
const env = {
  GANZHI_DATA_DIR: folder.path,
  GANZHI_MQTT_URL: `mqtt://127.0.0.1:${system.mqttPort}`,
  PORT: String(system.port),
};

beforeAll(() => system.start());
afterAll(async () => {
  await system.stop();
  folder.remove();
});

/** kill -9 of the database server; its pid. */
function killDatabase(): number {
  const pid = locateEmbedded(folder.path)?.pid;
  // 0 would be the tests' own process group
  if (!pid) throw new Error('no database runs');
  process.kill(pid, 'SIGKILL');
  return pid;
}

test('a second start on the same folder names the one that runs', async () => {
  const { code, stderr } = await runGanzhi(['start'], env);
  expect(code).toBe(1);
  expect(stderr).toMatch(/already runs on .* \(pid \d+\)/);
});

test('doctor finds nothing wrong', async () => {
  const { code, stdout } = await runGanzhi(['doctor', '--json'], env);
  expect(JSON.parse(stdout).checks.map((check: { state: string }) => check.state)).toEqual(Array(5).fill('ok'));
  expect(code).toBe(0);
});

test('a lost password is replaced by command; the old one and its sessions are void', async () => {
  const before = await ApiClient.login(system.url, 'admin', system.password);
  const { stdout, code } = await runGanzhi(['user', '--reset-password', 'admin'], env);
  expect(code).toBe(0);
  await expect(before.city()).rejects.toThrow('401');
  await expect(ApiClient.login(system.url, 'admin', system.password)).rejects.toThrow('401');
  const after = await ApiClient.login(system.url, 'admin', stdout.trim().split(' ').at(-1) ?? '');
  expect((await after.city()).powerMeters.total).toBe(0);
  expect(await runGanzhi(['user', '--reset-password', 'nobody'], env)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no user "nobody"'),
  });
});

test('the compliance export: one line an institution, a place that cannot be written is named', async () => {
  const { stdout } = await runGanzhi(['export', '--lang', 'en'], env);
  expect(stdout.trim().split('\r\n')).toHaveLength(1 + 1_960);
  const refused = await runGanzhi(['export', '--output', join(folder.path, 'nowhere', 'x.csv')], env);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/nowhere\/x\.csv cannot be written \(ENOENT\)/);
});

test('the registry goes out as a file and comes in again: preview, commit, undo, each by command', {
  timeout: 60_000,
}, async () => {
  const file = join(folder.path, 'registry.xlsx');
  expect(
    await runGanzhi(['export', '--registry', 'institutions', '--as', 'admin', '--output', file], env),
  ).toMatchObject({
    code: 0,
  });
  const same = await runGanzhi(['import', file, '--as', 'admin'], env);
  expect(same).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('institutions: 1960 lines, 0 new, 0 changed, 1960 as they are'),
  });
  const csv = join(folder.path, 'buildings.csv');
  writeFileSync(csv, '机构编码,建筑编码,名称,英文名称\nCZ-NOWHERE,A,楼,Tower\n');
  const faulty = await runGanzhi(['import', csv, '--kind', 'buildings', '--as', 'admin', '--commit'], env);
  expect(faulty).toMatchObject({ code: 1, stdout: expect.stringContaining('buildings A2: 没有机构 CZ-NOWHERE') });
  const code = (
    await runGanzhi(['export', '--registry', 'institutions', '--as', 'admin', '--format', 'csv'], env)
  ).stdout
    .split('\r\n')[1]
    ?.split(',')[0];
  writeFileSync(csv, `机构编码,建筑编码,名称,英文名称\n${code},A,楼,Tower\n`);
  const { stdout } = await runGanzhi(
    ['import', csv, '--kind', 'buildings', '--as', 'admin', '--commit', '--json'],
    env,
  );
  const { state, id } = JSON.parse(stdout).import;
  expect(state).toBe('committed');
  expect(await runGanzhi(['import', '--undo', String(id), '--as', 'admin'], env)).toMatchObject({ code: 0 });
  expect(await runGanzhi(['import', csv, '--as', 'nobody'], env)).toMatchObject({ code: 1 });
  expect(await runGanzhi(['import', csv], env)).toMatchObject({ code: 2, stderr: expect.stringContaining('--as') });
});

test("Grafana's log-in of the embedded database sees the whole city, and nothing but views", async () => {
  const url = locateEmbedded(folder.path)?.urlFor(READER_LOGIN);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('select count(*)::int as n from dash.institution');
  expect(rows).toEqual([{ n: 1_960 }]);
  await expect(client.query('select * from registry.institution')).rejects.toThrow('permission denied');
  await client.end();
});

test('a database that is killed comes back on its own, and so do the services', { timeout: 90_000 }, async () => {
  const { stdout } = await runGanzhi(['user', '--reset-password', 'admin'], env);
  const client = await ApiClient.login(system.url, 'admin', stdout.trim().split(' ').at(-1) ?? '');
  killDatabase();
  await eventually(async () => system.output.includes('starting it again'));
  await eventually(() =>
    client.city().then(
      () => true,
      () => false,
    ),
  );
});

test('a stop while the killed database is just starting again leaves nothing behind', {
  timeout: 120_000,
}, async () => {
  onTestFailed(() => console.error(system.output));
  const killed = killDatabase();
  await eventually(async () => ![undefined, killed].includes(locateEmbedded(folder.path)?.pid));
  expect(await system.stop()).toBe(0);
  expect(locateEmbedded(folder.path)).toBeUndefined();
});
