import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeterConfig, type ModbusPoint, WORD_ORDERS } from '@ganzhi/schemas';
import { pino } from 'pino';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { type ForeignRegister, hasPymodbus, type Pymodbus, startPymodbus } from '../../testing/pymodbus.ts';
import { createDriverFactory } from '../drivers/index.ts';
import { createBusPool } from '../drivers/modbus/bus-pool.ts';
import { createModbusDriver } from '../drivers/modbus/driver.ts';
import { probeMeter } from '../probe/probe.ts';

/** A server that is not ours, encoding with an encoder that is not ours, read by our drivers and templates. */
const isThere = hasPymodbus();
const dataDir = mkdtempSync(join(tmpdir(), 'ganzhi-pymodbus-'));
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});
afterAll(() => rmSync(dataDir, { recursive: true }));

test.runIf(process.env.CI)('CI has a pymodbus to read (.ci/run installs it)', () => {
  expect(isThere).toBe(true);
});

const f32 = (address: number, value: number, fc: 3 | 4 = 3): ForeignRegister => ({ fc, address, type: 'f32', value });
const at = (address: number, type: ForeignRegister['type'], value: number): ForeignRegister => ({
  fc: 3,
  address,
  type,
  value,
});

/** Registers as each maker's manual has them, written here by hand and not taken from our template; and what they mean. */
const METERS: Record<string, { registers: ForeignRegister[]; means: Record<string, number> }> = {
  'acrel-adw300': {
    registers: [at(62, 'i32', 123_456), at(36, 'i32', 6_270), at(20, 'u16', 2_301)],
    means: { 'energy.import': 1234.56, power: 6.27, 'voltage.a': 230.1 },
  },
  'acrel-dtsd1352': {
    registers: [at(0x0a, 'i32', 123_456), at(0x14, 'i32', 99), at(0x16a, 'i32', -6_270), at(0x61, 'u16', 2_302)],
    means: { 'energy.import': 1234.56, 'energy.export': 0.99, power: -6.27, 'voltage.a': 230.2 },
  },
  'chint-dtsu666': {
    registers: [f32(0x101e, 123.5), f32(0x2012, 62_700), f32(0x2006, 2301.5), f32(0x200c, 10_500)],
    means: { 'energy.import': 123.5, power: 6.27, 'voltage.a': 230.15, 'current.a': 10.5 },
  },
  'eastron-sdm630': {
    registers: [f32(0x48, 12_345.67, 4), f32(0x4a, 2.5, 4), f32(0x34, 6_270, 4), f32(0x00, 230.2, 4)],
    means: { 'energy.import': 12_345.67, 'energy.export': 2.5, power: 6.27, 'voltage.a': 230.2 },
  },
  'schneider-iem3000': {
    registers: [at(0x0c83, 'i64', 12_345_678), at(0x0c87, 'i64', 1), f32(0x0bf3, 6.27), f32(0x0bd3, 230.2)],
    means: { 'energy.import': 12_345.678, 'energy.export': 0.001, power: 6.27, 'voltage.a': 230.2 },
  },
  'schneider-pm5110': {
    registers: [at(3203, 'i64', 12_345_678), f32(3059, 6.27), f32(3109, 49.98)],
    means: { 'energy.import': 12_345.678, power: 6.27, frequency: 49.98 },
  },
  'siemens-pac3200': {
    registers: [at(801, 'f64', 12_345_678.5), at(809, 'f64', 1_500), f32(65, 6_270), f32(55, 49.98)],
    means: { 'energy.import': 12_345.6785, 'energy.export': 1.5, power: 6.27, frequency: 49.98 },
  },
};
const ids = Object.keys(METERS);
const units = Object.fromEntries(ids.map((id, i) => [i + 1, METERS[id]?.registers ?? []]));

async function peer(transport: Parameters<typeof startPymodbus>[0], registers: typeof units): Promise<Pymodbus> {
  const server = await startPymodbus(transport, registers);
  open.push(() => server.stop());
  return server;
}

describe.skipIf(!isThere)('with a pymodbus server (skipped without: apt-get install python3-pymodbus)', () => {
  test.each(['tcp', 'rtu-over-tcp', 'serial'] as const)(
    'every Modbus template reads its meter over %s',
    async (how) => {
      const server = await peer(how, units);
      const line =
        how === 'serial'
          ? { kind: 'serial', path: server.path }
          : { kind: 'tcp', host: '127.0.0.1', port: server.port };
      const timeoutMs = 5_000;
      const factory = createDriverFactory({ dataDir }, pino({ level: 'silent' }));
      for (const [i, id] of ids.entries()) {
        const { means = {} } = METERS[id] ?? {};
        const unit = i + 1;
        const connection =
          how === 'tcp'
            ? { protocol: 'modbus-tcp', host: '127.0.0.1', port: server.port, unit, timeoutMs }
            : { protocol: 'modbus-rtu', line, unit, timeoutMs };
        const meter = { code: id, template: id, intervalMs: 60_000, points: Object.keys(means), connection };
        const driver = factory(MeterConfig.parse(meter));
        open.push(() => driver.close());
        await driver.open();
        const { values, failures } = await driver.read();
        expect({ id, failures }).toEqual({ id, failures: [] });
        for (const { quantity, value } of values) expect(value).toBeCloseTo(means[quantity] ?? Number.NaN, 3);
        expect(values.map(({ quantity }) => quantity).sort()).toEqual(Object.keys(means).sort());
      }
    },
  );

  test('all types in all word orders', async () => {
    const types = ['u16', 'i16', 'u32', 'i32', 'u64', 'i64', 'f32', 'f64'] as const;
    const values = { u16: 54_321, i16: -2, u32: 4e9, i32: -7e6, u64: 2 ** 52, i64: -(2 ** 50), f32: -1.5, f64: 1 / 3 };
    const points = WORD_ORDERS.flatMap((wordOrder, order) =>
      types.map((type, i): ModbusPoint & { expected: number } => ({
        quantity: `${type} ${wordOrder}`,
        fc: 3,
        address: order * 100 + i * 10,
        type,
        wordOrder,
        scale: 1,
        decimals: 0,
        sentinels: [],
        manual: '',
        expected: values[type],
      })),
    );
    const server = await peer('tcp', {
      1: points.map(({ fc, address, type, wordOrder: words, expected: value }) => ({
        fc,
        address,
        type,
        words,
        value,
      })),
    });
    const pool = createBusPool();
    const acquire = () => pool.acquire({ host: '127.0.0.1', port: server.port, timeoutMs: 5_000 });
    const driver = createModbusDriver({ bus: 'pymodbus', unit: 1, points, acquire });
    open.push(() => driver.close());
    await driver.open();
    const read = await driver.read();
    expect(read.failures).toEqual([]);
    const got = Object.fromEntries(read.values.map(({ quantity, value }) => [quantity, Number(value)]));
    expect(got).toEqual(Object.fromEntries(points.map(({ quantity, expected }) => [quantity, expected])));
  });

  test('the commissioning check finds a foreign meter with swapped words', async () => {
    const words = 'CDAB' as const;
    const sdm630 = [
      { ...f32(0x48, 12_345.67, 4), words },
      ...[0x00, 0x02, 0x04].map((address) => ({ ...f32(address, 230.2, 4), words })),
      { ...f32(0x46, 49.98, 4), words },
    ] satisfies ForeignRegister[];
    const { port } = await peer('tcp', { 1: sdm630 });
    const { findings } = await probeMeter({
      template: 'eastron-sdm630',
      connection: { protocol: 'modbus-tcp', host: '127.0.0.1', port, unit: 1, timeoutMs: 5_000 },
      watchSeconds: 0,
      dataDir,
      logger: pino({ level: 'silent' }),
    });
    expect(findings.map(({ code }) => code)).toContain('wrong-word-order');
    expect(findings.find(({ code }) => code === 'wrong-word-order')?.detail).toContain('CDAB');
  });
});
