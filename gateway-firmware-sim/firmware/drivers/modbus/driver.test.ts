import { ModbusTemplate } from '@ganzhi/schemas';
import { afterEach, expect, test } from 'vitest';
import { type ModbusServer, startModbusServer } from '../../../city/servers/modbus-server.ts';
import { templateById } from '../../templates/index.ts';
import type { MeterDriver } from '../driver.ts';
import { createBusPool } from './bus-pool.ts';
import { createModbusDriver } from './driver.ts';

const sdm630 = ModbusTemplate.parse(templateById('eastron-sdm630'));
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Three units on one converter; unit n shows n × 100 kWh. */
async function site(): Promise<{ server: ModbusServer; drivers: [MeterDriver, MeterDriver, MeterDriver] }> {
  const units = new Map(
    [1, 2, 3].map((n) => [n, { template: sdm630, registers: () => ({ 'energy.import': n * 100, power: n }) }]),
  );
  const server = await startModbusServer({ units, clock: { now: () => 0 } });
  open.push(() => server.stop());
  return { server, drivers: driversFor(server.port) };
}

function driversFor(port: number): [MeterDriver, MeterDriver, MeterDriver] {
  const pool = createBusPool();
  const points = sdm630.points.filter(({ quantity }) => ['energy.import', 'power', 'voltage.a'].includes(quantity));
  const make = (unit: number) => {
    const options = { host: '127.0.0.1', port, timeoutMs: 400, connectPauseMs: 0 };
    const driver = createModbusDriver({ bus: String(port), unit, points, acquire: () => pool.acquire(options) });
    open.push(() => driver.close());
    return driver;
  };
  return [make(1), make(2), make(3)];
}

async function readAll(drivers: readonly MeterDriver[]) {
  const seen: (number | string | undefined)[] = [];
  for (const driver of drivers) {
    await driver.open();
    const { values, failures } = await driver.read();
    seen.push(values.find(({ quantity }) => quantity === 'energy.import')?.value ?? failures[0]?.code);
  }
  return seen;
}

test('units behind one converter are read over one connection', async () => {
  const { drivers } = await site();
  expect(await readAll(drivers)).toEqual([100, 200, 300]);
});

test.each([
  ['silent', 'read-timeout'],
  ['exception', 'read-refused'],
  ['garbage', 'read-garbage'],
  ['hang-up', 'read-disconnected'],
] as const)('a unit that is %s costs only its own values', async (fault, code) => {
  const { server, drivers } = await site();
  server.setFault(2, fault);
  expect(await readAll(drivers)).toEqual([100, code, 300]);
  expect(await readAll(drivers)).toEqual([100, code, 300]);
  server.setFault(2, undefined);
  // Skipped scans: none after the first failure, one after the second.
  await readAll(drivers);
  expect(await readAll(drivers)).toEqual([100, 200, 300]);
});

test('a refused block fails alone; the rest of the meter is kept', async () => {
  const { server } = await site();
  const [known] = sdm630.points;
  if (!known) throw new Error('no points');
  const foreign = { ...known, quantity: 'frequency', address: 0x2000 };
  const pool = createBusPool();
  const driver = createModbusDriver({
    bus: 'x',
    unit: 1,
    points: [known, foreign],
    acquire: () => pool.acquire({ host: '127.0.0.1', port: server.port }),
  });
  open.push(() => driver.close());
  await driver.open();
  expect(await driver.read()).toEqual({
    values: [{ quantity: 'energy.import', value: 100, quality: 0 }],
    failures: [{ quantity: 'frequency', code: 'read-refused' }],
    withoutValue: [],
  });
});

test('a converter that went away is found again when it is back', async () => {
  const { server, drivers } = await site();
  expect(await readAll(drivers)).toEqual([100, 200, 300]);
  const { port } = server;
  await server.stop();
  expect(await readAll(drivers)).toEqual(['read-disconnected', 'read-disconnected', 'read-disconnected']);
  const units = new Map([[1, { template: sdm630, registers: () => ({ 'energy.import': 101 }) }]]);
  const back = await startModbusServer({ units, clock: { now: () => 0 }, port });
  open.push(() => back.stop());
  expect(await readAll(drivers)).toEqual([101, 'read-timeout', 'read-timeout']);
});

test('NaN in a register is no value and no failure', async () => {
  const units = new Map([[1, { template: sdm630, registers: () => ({ 'energy.import': 5, power: Number.NaN }) }]]);
  const server = await startModbusServer({ units, clock: { now: () => 0 } });
  open.push(() => server.stop());
  const [driver] = driversFor(server.port);
  await driver.open();
  const { failures, withoutValue } = await driver.read();
  expect({ failures, withoutValue }).toEqual({ failures: [], withoutValue: ['power'] });
});
