import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runGanzhi, temporaryFolder } from './system.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const FREE = { PORT: '0', GANZHI_MQTT_PORT: '0' };

/** One readable message with the remedy: exit code 1, no stack trace, nothing printed as if it ran. */
async function refusal(env: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await runGanzhi(['start', '--sites', '0'], env);
  expect(code).toBe(1);
  expect(stdout).not.toContain('running');
  expect(stderr).not.toMatch(/\n\s+at /);
  return stderr;
}

test('a taken port is named with the variable that changes it', async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const dataDir = join(folder.path, 'port');
  expect(await refusal({ ...FREE, PORT: String(port), GANZHI_DATA_DIR: dataDir })).toMatch(
    new RegExp(`Port ${port} .* taken .* PORT=${port + 1} npm start`),
  );
  expect(await refusal({ ...FREE, GANZHI_MQTT_PORT: String(port), GANZHI_DATA_DIR: dataDir })).toContain(
    'GANZHI_MQTT_PORT',
  );
  await new Promise((done) => server.close(done));
});

test('a data folder that cannot be written is named', async () => {
  const file = join(folder.path, 'a-file');
  writeFileSync(file, '');
  expect(await refusal({ ...FREE, GANZHI_DATA_DIR: join(file, 'data') })).toMatch(/cannot be written.*GANZHI_DATA_DIR/);
});

test('a wrong DATABASE_URL: bad form, nobody there', async () => {
  const dataDir = join(folder.path, 'url');
  expect(await refusal({ ...FREE, GANZHI_DATA_DIR: dataDir, DATABASE_URL: 'mysql://x' })).toMatch(
    /DATABASE_URL: write postgres:/,
  );
  const message = await refusal({
    ...FREE,
    GANZHI_DATA_DIR: dataDir,
    DATABASE_URL: 'postgres://u:geheim@127.0.0.1:1/x',
  });
  expect(message).toMatch(/No database answers at 127.0.0.1:1\/x .*DATABASE_URL/);
  expect(message).not.toContain('geheim');
});

test('a damaged data directory is named with the remedy', async () => {
  const dataDir = join(folder.path, 'damaged');
  mkdirSync(join(dataDir, 'postgres'), { recursive: true, mode: 0o755 });
  writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), 'rubbish\n');
  expect(await refusal({ ...FREE, GANZHI_DATA_DIR: dataDir })).toMatch(/does not start.*backup/);
});

test('every wrong setting is listed at once', async () => {
  const message = await refusal({ PORT: 'eighty', GANZHI_MQTT_PORT: '70000', GANZHI_DATA_DIR: folder.path });
  expect(message).toContain('PORT: write a port number');
  expect(message).toContain('GANZHI_MQTT_PORT: write a port number');
});
