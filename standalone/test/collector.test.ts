import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCollectorProfiles, startIngest } from '@ganzhi/ingest';
import { fixtureRegistry, testDatabase } from '@ganzhi/schemas/testing';
import { pino } from 'pino';
import { afterAll, expect, test } from 'vitest';
import { runGanzhi } from './system.ts';

const profile = {
  port: 0,
  framing: 'hex',
  aes: { mode: 'ecb', key: '0123456789ABCDEF', padding: 'pkcs7' },
  allow: ['127.0.0.1'],
};
const folder = await mkdtemp(join(tmpdir(), 'ganzhi-collector-'));
const database = await testDatabase();
const owner = await database.open('ganzhi_owner');
await fixtureRegistry(owner, { gateways: ['320412A001-01'], meters: [{ code: 'M-1' }] });
await owner.query("update registry.gateway set dialect = 'ministry'");
await owner.query(
  "insert into registry.dialect_tag (gateway_id, device, tag, meter_id, point) select gateway_id, '7', '1/01A00', id, 1 from registry.meter",
);
const ingest = await startIngest({
  databaseUrl: database.url,
  mqttHost: '127.0.0.1',
  mqttPort: 0,
  httpHost: '127.0.0.1',
  httpPort: 0,
  collectors: parseCollectorProfiles(JSON.stringify([profile])),
  mode: 'demo',
  batchMs: 5,
  batchRows: 1_000,
  logger: pino({ level: 'silent' }),
});
afterAll(async () => {
  await ingest.stop();
  await database.drop();
  await rm(folder, { recursive: true });
});

const port = String(ingest.collectorPorts[0]);
const file = (name: string, content: object): string => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify([content]));
  return path;
};
const known = file('known.json', profile);

test('a value is sent through the door and found in the database', async () => {
  const words = ['collector', 'try', '320412A001', '01', '--profiles', known, '--port', port];
  const { code, stdout } = await runGanzhi([...words, '--meter', '7', '--coding', '01A00', '--value', '12.5']);
  expect([code, JSON.parse(stdout)]).toMatchObject([
    0,
    { login: 'pass', time: expect.stringMatching(/^\d{14}$/), acknowledged: { kind: 'continuous_ack', value: '1' } },
  ]);
  const { rows } = await owner.query('select value from metering.reading');
  expect(rows).toEqual([{ value: 1_250n }]);
});

test.each([
  ['an unknown collector', ['320412A001', '99', '--profiles', known, '--port', port], 1, '"login": "fail"'],
  [
    'another key',
    [
      '320412A001',
      '01',
      '--profiles',
      file('key.json', { ...profile, aes: { ...profile.aes, key: 'another-key-1234' } }),
      '--port',
      port,
    ],
    1,
    'hung up',
  ],
  ['nobody there', ['320412A001', '01', '--profiles', known, '--port', '1'], 1, 'Nobody listens'],
  ['no profiles', ['320412A001', '01'], 2, '--profiles'],
  ['a profile that is none', ['a', 'b', '--profiles', file('none.json', { port: 1 })], 1, 'framing'],
  ['a value that is none', ['a', 'b', '--profiles', known, '--meter', '1', '--value', 'x'], 2, '--value'],
  ['no collector', ['320412A001'], 2, 'try BUILDING COLLECTOR'],
])('%s is told in words', async (_, words, code, text) => {
  const told = await runGanzhi(['collector', 'try', ...words]);
  expect(told.code).toBe(code);
  expect(told.stdout + told.stderr).toContain(text);
});
