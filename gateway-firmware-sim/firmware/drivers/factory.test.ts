import { MeterConfig } from '@ganzhi/schemas';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { dlt645Slaves } from '../../testing/dlt645-slave.ts';
import { type OnBytes, startLineServer } from '../../testing/line-server.ts';
import { createDriverFactory } from './index.ts';
import { decodeRtu, encodeRtu } from './modbus/rtu-adu.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Drivers of one gateway: meters named on one line, which `onBytes` answers. */
async function gateway(onBytes: OnBytes) {
  const server = await startLineServer(onBytes);
  open.push(() => server.stop());
  const disturbances: Record<string, number> = {};
  const factory = createDriverFactory({ dataDir: '/nonexistent' }, pino({ level: 'silent' }), {
    onDisturbance: (kind, count) => {
      disturbances[kind] = (disturbances[kind] ?? 0) + count;
    },
  });
  const line = { kind: 'tcp', host: '127.0.0.1', port: server.port, pauseMs: 0 };
  const driver = (template: string, points: string[], connection: object) => {
    const meter = MeterConfig.parse({
      code: 'M',
      template,
      points,
      connection: { line, timeoutMs: 300, ...connection },
    });
    const made = factory(meter);
    open.push(() => made.close());
    return made;
  };
  return { driver, disturbances };
}

test('Modbus RTU and DL/T 645 meters share one bus and one queue', async () => {
  const dlt645 = dlt645Slaves((_, di) => (di === '00010000' ? '67 45 23 01' : undefined));
  const { driver, disturbances } = await gateway((request, reply) => {
    dlt645(request, reply);
    if (request.length !== 8) return;
    expect(decodeRtu(request).unit).toBe(7);
    reply(encodeRtu(7, Buffer.from('04044640e6ae', 'hex')));
  });
  const rtu = driver('eastron-sdm630', ['energy.import'], { protocol: 'modbus-rtu', unit: 7 });
  const bcd = driver('generic-dlt645-single-phase', ['energy.import'], { protocol: 'dlt645', address: '161' });
  expect(rtu.bus).toBe(bcd.bus);
  await Promise.all([rtu.open(), bcd.open()]);
  const results = await Promise.all([rtu.read(), bcd.read()]);
  expect(results.map(({ values }) => values[0]?.value)).toEqual([12_345.67, 12_345.67]);
  expect(disturbances).toEqual({});
});

test.each([
  ['generic-cjt188-water', { protocol: 'dlt645', address: '1' }, /speaks cjt188, its connection dlt645/],
  ['eastron-sdm630', { protocol: 'cjt188', address: '1' }, /speaks modbus, its connection cjt188/],
])('template %s and its connection must fit', async (template, connection, words) => {
  const { driver } = await gateway(() => undefined);
  const points = template === 'eastron-sdm630' ? ['power'] : ['water.volume'];
  expect(() => driver(template, points, connection)).toThrow(words);
});

test.each([
  [{ protocol: 'dlt645', address: '12x' }, /up to 12 digits/],
  [{ protocol: 'dlt645', address: '1', line: { kind: 'serial', path: '/dev/x', baudRate: 1 } }, /baudRate|300/],
])('a wrong connection is refused: %o', (connection, words) => {
  const line = { kind: 'tcp', host: 'h', port: 1 };
  const parsed = MeterConfig.safeParse({
    code: 'M',
    template: 'generic-dlt645-single-phase',
    connection: { line, ...connection },
  });
  expect(parsed.error?.message).toMatch(words);
});

test('a serial line takes the speed and parity of its protocol', () => {
  const parse = (template: string, connection: object) =>
    MeterConfig.parse({ code: 'M', template, connection: { line: { kind: 'serial', path: '/dev/x' }, ...connection } });
  expect(parse('eastron-sdm630', { protocol: 'modbus-rtu', unit: 1 }).connection).toMatchObject({
    line: { baudRate: 9_600, parity: 'none' },
  });
  expect(parse('generic-dlt645-1997', { protocol: 'dlt645', address: '1' }).connection).toMatchObject({
    line: { baudRate: 2_400, parity: 'even', dataBits: 8, stopBits: 1 },
    wakeBytes: 4,
  });
});
