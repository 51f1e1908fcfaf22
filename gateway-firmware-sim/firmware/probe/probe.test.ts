import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection, ModbusTemplate } from '@ganzhi/schemas';
import { pino } from 'pino';
import { afterAll, afterEach, expect, test } from 'vitest';
import { startModbusServer } from '../../city/servers/modbus-server.ts';
import { dlt645Slaves } from '../../testing/dlt645-slave.ts';
import { startLineServer } from '../../testing/line-server.ts';
import { templateById } from '../templates/index.ts';
import { probeMeter } from './probe.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'ganzhi-probe-'));
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});
afterAll(() => rmSync(dataDir, { recursive: true }));

const logger = pino({ level: 'silent' });
const probe = (template: string, connection: Connection, watchSeconds = 0) =>
  probeMeter({ template, connection, watchSeconds, dataDir, logger });

const sdm630 = ModbusTemplate.parse(templateById('eastron-sdm630'));
const iem3000 = ModbusTemplate.parse(templateById('schneider-iem3000'));
const SOUND = {
  'energy.import': 12_345.67,
  'energy.export': 0,
  power: 6.27,
  'power.factor': 0.95,
  'voltage.a': 220,
  'voltage.b': 220,
  'voltage.c': 220,
  'current.a': 10,
  'current.b': 10,
  'current.c': 10,
  frequency: 50,
};

async function modbusMeter(template: ModbusTemplate, registers = () => SOUND): Promise<Connection> {
  const server = await startModbusServer({ units: new Map([[1, { template, registers }]]), clock: { now: () => 0 } });
  open.push(() => server.stop());
  return Connection.parse({ protocol: 'modbus-tcp', host: '127.0.0.1', port: server.port, unit: 1 });
}

test('a sound meter gives its values and no finding', async () => {
  const report = await probe('eastron-sdm630', await modbusMeter(sdm630));
  expect(report).toMatchObject({ template: 'eastron-sdm630', ratioInMeter: true, findings: [] });
  expect(report.values).toContainEqual(
    expect.objectContaining({ quantity: 'energy.import', value: 12_345.67, unit: 'kWh', zh: '正向有功电能' }),
  );
});

test('a meter that sends its words in another order is recognised', async () => {
  const other = { ...sdm630, points: sdm630.points.map((point) => ({ ...point, wordOrder: 'CDAB' as const })) };
  const { findings } = await probe('eastron-sdm630', await modbusMeter(other));
  expect(findings[0]).toMatchObject({ code: 'wrong-word-order', detail: expect.stringContaining('read as CDAB') });
});

test('a template with import and export swapped is found by watching the registers move', async () => {
  let reads = 0;
  const moving = () => {
    reads += 1;
    // Power flows in, and the register that the template calls export counts it.
    return { ...SOUND, 'energy.export': 100 + reads };
  };
  const { findings } = await probe('eastron-sdm630', await modbusMeter(sdm630, moving), 0.01);
  expect(findings.map(({ code }) => code)).toEqual(['import-export-swapped']);
});

/** What a fitter gets wrong, as a meter on a socket then shows it. */
test.each<[string, Partial<typeof SOUND>, string]>([
  ['a phase without a fuse', { 'voltage.b': 2.1, power: 4.18 }, 'phase-missing'],
  ['one current transformer of three reversed', { power: 2.09, 'power.factor': 0.32 }, 'ct-polarity'],
  ['all current transformers reversed', { power: -6.27 }, 'ct-polarity'],
  ['power ten times too high', { power: 62.7 }, 'wrong-scale'],
  ['voltages ten times too high', { 'voltage.a': 2_200, 'voltage.b': 2_200, 'voltage.c': 2_200 }, 'wrong-scale'],
  [
    "import and export at each other's place",
    { 'energy.import': 0.4, 'energy.export': 12_345 },
    'import-export-swapped',
  ],
])('%s is found over a socket', async (_, shown, code) => {
  const report = await probe('eastron-sdm630', await modbusMeter(sdm630, () => ({ ...SOUND, ...shown })));
  expect(report.findings.map((one) => one.code)).toContain(code);
  expect(report.values.every(({ failure }) => failure === undefined)).toBe(true);
});

test('energy of another scale than power is found by watching it move', async () => {
  const startedAt = performance.now();
  const tenth = () => {
    const hours = (performance.now() - startedAt) / 3_600_000;
    // 36 MW move 10 kWh a second; the register counts a tenth of it.
    return {
      ...SOUND,
      power: 36_000,
      'current.a': 60_000,
      'current.b': 60_000,
      'current.c': 60_000,
      'energy.import': (36_000 * hours) / 10,
    };
  };
  const { findings } = await probe('schneider-iem3000', await modbusMeter(iem3000, tenth), 0.5);
  expect(findings).toContainEqual(
    expect.objectContaining({ code: 'wrong-scale', detail: expect.stringContaining('energy times 10') }),
  );
});

test('a meter on a serial server: what it refuses is named, what is foreign is counted', async () => {
  const slaves = dlt645Slaves((_, di) => (di === '00010000' ? '67 45 23 01' : 'refuse'));
  const server = await startLineServer((chunk, reply) => {
    reply(Buffer.from('6899999999999968081122', 'hex'));
    slaves(chunk, reply);
  });
  open.push(() => server.stop());
  const line = { kind: 'tcp', host: '127.0.0.1', port: server.port };
  const connection = Connection.parse({ protocol: 'dlt645', line, address: '161', timeoutMs: 300 });
  const { values, disturbances } = await probe('generic-dlt645-single-phase', connection);
  expect(values).toContainEqual(expect.objectContaining({ quantity: 'energy.import', value: 12_345.67 }));
  expect(values).toContainEqual(expect.objectContaining({ quantity: 'power', value: null, failure: 'read-refused' }));
  expect(disturbances.damaged).toBeGreaterThan(0);
});
