import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type EmbeddedDatabase, locateEmbedded, startEmbedded } from './embedded.ts';
import { openDatabase } from './open.ts';

const CHILD = fileURLToPath(new URL('./testing/launch.ts', import.meta.url));

/** A data folder that the database's user can reach, gone after the test. */
function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-embedded-'));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function started(dataDir: string): Promise<EmbeddedDatabase> {
  const database = await startEmbedded({ dataDir, volatile: true });
  onTestFinished(() => database.stop());
  return database;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const failure = (dataDir: string) =>
  startEmbedded({ dataDir, volatile: true }).then(
    async (database) => {
      await database.stop();
      throw new Error('it started');
    },
    (error: unknown) => error,
  );

describe('a data folder', () => {
  test('keeps its data and passwords from one start to the next', async () => {
    const folder = dataFolder();
    const first = await started(folder);
    await query(first.adminUrl, 'create table kept (x int); insert into kept values (42)');
    await first.stop();
    expect(existsSync(join(first.clusterDir, 'postmaster.pid'))).toBe(false);
    const second = await started(folder);
    expect(await query(second.adminUrl, 'select x from kept')).toEqual([{ x: 42 }]);
    expect(new URL(second.adminUrl).password).toBe(new URL(first.adminUrl).password);
  });

  test('is served on loopback only, and not without a password', async () => {
    const database = await started(dataFolder());
    const [row] = await query(
      database.adminUrl,
      "select current_setting('listen_addresses') as a, current_setting('unix_socket_directories') as s",
    );
    expect(row).toEqual({ a: '127.0.0.1', s: '' });
    const url = new URL(database.adminUrl);
    url.password = '';
    await expect(query(url.href, 'select 1')).rejects.toThrow();
  });

  test('lets each service in as itself', async () => {
    const database = await started(dataFolder());
    const db = await openDatabase({ url: database.urlFor('ganzhi_ingest'), role: 'ganzhi_ingest', max: 1 });
    onTestFinished(() => db.end());
    expect((await db.query('select session_user as s, current_user as c')).rows).toEqual([
      { s: 'ganzhi_ingest', c: 'ganzhi_ingest' },
    ]);
  });

  test('is found by other processes while it runs, and not after', async () => {
    const folder = dataFolder();
    const database = await started(folder);
    expect(locateEmbedded(folder)?.adminUrl).toBe(database.adminUrl);
    await database.stop();
    expect(locateEmbedded(folder)).toBeUndefined();
  });
});

describe('a launcher that was killed', () => {
  async function launched(folder: string): Promise<{ child: ChildProcess; serverPid: number; url: string }> {
    const child = spawn(process.execPath, [CHILD, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
    const { pid, url } = JSON.parse(line.toString()) as { pid: number; url: string };
    return { child, serverPid: pid, url };
  }

  test('leaves a server that the next start ends in order and takes over', async () => {
    const folder = dataFolder();
    const { child, serverPid, url } = await launched(folder);
    await query(url, 'create table kept (x int); insert into kept values (7)');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(() => process.kill(serverPid, 0)).not.toThrow();

    const said: string[] = [];
    const database = await startEmbedded({ dataDir: folder, volatile: true, log: (line) => said.push(line) });
    onTestFinished(() => database.stop());
    expect(said.join('\n')).toContain(`pid ${serverPid}`);
    await expect(query(url, 'select 1')).rejects.toThrow();
    expect(await query(database.adminUrl, 'select x from kept')).toEqual([{ x: 7 }]);
  });

  test('and a server killed with it: the data are recovered', async () => {
    const folder = dataFolder();
    const { child, serverPid, url } = await launched(folder);
    await query(url, 'create table kept (x int); insert into kept values (8)');
    process.kill(serverPid, 'SIGKILL');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const database = await started(folder);
    expect(await query(database.adminUrl, 'select x from kept')).toEqual([{ x: 8 }]);
  });
});

test('a note that names a process of somebody else does not stop a start', async () => {
  const folder = dataFolder();
  const first = await started(folder);
  await first.stop();
  // The number of a live process that is no database: this one.
  writeFileSync(join(first.clusterDir, 'postmaster.pid'), `${process.pid}\n${first.clusterDir}\n0\n1\n\n127.0.0.1\n`);
  expect(locateEmbedded(folder)).toBeUndefined();
  const second = await started(folder);
  expect(await query(second.adminUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a first start that was cut off leaves nothing in the way of the next', async () => {
  const folder = dataFolder();
  mkdirSync(join(folder, 'postgres.new', 'base'), { recursive: true });
  writeFileSync(join(folder, 'postgres.new', 'PG_VERSION'), '18\n');
  await started(folder);
  expect(existsSync(join(folder, 'postgres.new'))).toBe(false);
});

describe('a folder that cannot serve says why, with the remedy', () => {
  const template = mkdtempSync(join(tmpdir(), 'ganzhi-embedded-'));
  beforeAll(async () => {
    chmodSync(template, 0o755);
    await (await startEmbedded({ dataDir: template, volatile: true })).stop();
  });
  afterAll(() => rmSync(template, { recursive: true, force: true }));

  /** An installation that was stopped in order: a copy of one, with its owners. */
  function stopped(): { folder: string; cluster: string } {
    const folder = dataFolder();
    execFileSync('cp', ['-a', `${template}/.`, folder]);
    return { folder, cluster: join(folder, 'postgres') };
  }

  test('a file stands in its place', async () => {
    const file = join(dataFolder(), 'file');
    writeFileSync(file, '');
    expect(await failure(file)).toMatchObject({
      code: 'no-permission',
      message: expect.stringContaining('GANZHI_DATA_DIR'),
    });
  });

  test.skipIf(process.getuid?.() === 0)('no right to write (root may write anywhere)', async () => {
    const folder = dataFolder();
    chmodSync(folder, 0o555);
    onTestFinished(() => chmodSync(folder, 0o755));
    expect(await failure(folder)).toMatchObject({
      code: 'no-permission',
      message: expect.stringContaining('GANZHI_DATA_DIR'),
    });
  });

  test('a cluster folder with something else in it', async () => {
    const folder = dataFolder();
    mkdirSync(join(folder, 'postgres'));
    writeFileSync(join(folder, 'postgres', 'precious.txt'), 'x');
    expect(await failure(folder)).toMatchObject({ code: 'database-corrupt' });
    expect(readFileSync(join(folder, 'postgres', 'precious.txt'), 'utf8')).toBe('x');
  });

  test.each<[string, (cluster: string) => void]>([
    ['PG_VERSION of nonsense', (cluster) => writeFileSync(join(cluster, 'PG_VERSION'), 'x\n')],
    ['PG_VERSION of another release', (cluster) => writeFileSync(join(cluster, 'PG_VERSION'), '9\n')],
    ['a cut pg_control', (cluster) => truncateSync(join(cluster, 'global/pg_control'), 100)],
    ['a missing pg_control', (cluster) => rmSync(join(cluster, 'global/pg_control'))],
  ])('%s', async (_, damage) => {
    const { folder, cluster } = stopped();
    damage(cluster);
    const error = await failure(folder);
    expect(error).toMatchObject({ code: 'database-corrupt' });
    expect((error as Error).message).toMatch(/Restore the folder from a backup, or move it away/);
    expect((error as Error).message).toContain(join(folder, 'postgres.log'));
  });

  test('passwords of another installation', async () => {
    const { folder } = stopped();
    rmSync(join(folder, 'secrets.json'));
    expect(await failure(folder)).toMatchObject({
      code: 'database-corrupt',
      message: expect.stringContaining('secrets.json'),
    });
  });

  test('its port is taken', async () => {
    const { folder } = stopped();
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const error = await startEmbedded({ dataDir: folder, port, volatile: true }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'port-taken' });
  });
});
