import { Dlt645Template } from '@ganzhi/schemas';
import { afterEach, expect, test } from 'vitest';
import { dlt645Slaves } from '../../../testing/dlt645-slave.ts';
import { type LineServer, type OnBytes, startLineServer } from '../../../testing/line-server.ts';
import { hasPseudoTerminals, startPseudoTerminal } from '../../../testing/pseudo-terminal.ts';
import { templateById } from '../../templates/index.ts';
import type { MeterDriver } from '../driver.ts';
import { createLinePool, type LinePool, type LineSettings } from '../line/line-pool.ts';
import { createDlt645Driver, planItems } from './driver.ts';
import { encodeDlt645 } from './index.ts';

const three = Dlt645Template.parse(templateById('generic-dlt645-three-phase'));
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface Site {
  server: LineServer;
  disturbances: Record<string, number>;
  meter(address: string, quantities?: readonly string[]): MeterDriver;
}

async function site(onBytes: OnBytes): Promise<Site> {
  const server = await startLineServer(onBytes);
  open.push(() => server.stop());
  const disturbances: Record<string, number> = {};
  const pool = createLinePool((kind, count) => {
    disturbances[kind] = (disturbances[kind] ?? 0) + count;
  });
  const line: LineSettings = { kind: 'tcp', host: '127.0.0.1', port: server.port, pauseMs: 0 };
  return { server, disturbances, meter: (address, quantities) => meterOn(pool, line, address, quantities) };
}

function meterOn(
  pool: LinePool,
  line: LineSettings,
  address: string,
  quantities: readonly string[] = ['energy.import', 'power'],
) {
  const points = three.points.filter(({ quantity }) => quantities.includes(quantity));
  const driver = createDlt645Driver({ ...pool.line(line), address, points, wakeBytes: 4, timeoutMs: 120 });
  open.push(() => driver.close());
  return driver;
}

/** Register values of a healthy meter: 12345.67 kWh, 12.3456 kW, three voltages, the last of which is no value. */
const DATA: Readonly<Record<string, string>> = {
  '00010000': '67 45 23 01',
  '02030000': '56 34 12',
  '0201FF00': '01 22 03 22 FF FF',
  '02010100': '01 22',
  '02010200': '03 22',
  '02010300': 'FF FF',
};
const healthy = (_: string, di: string) => DATA[di];
const VOLTAGES = ['voltage.a', 'voltage.b', 'voltage.c'];

async function readOnce(driver: MeterDriver) {
  await driver.open();
  const { values, failures, withoutValue } = await driver.read();
  return {
    ...Object.fromEntries(values.map(({ quantity, value }) => [quantity, value])),
    ...Object.fromEntries(failures.map(({ quantity, code }) => [quantity, code])),
    ...Object.fromEntries(withoutValue.map((quantity) => [quantity, undefined])),
  };
}

test('meters on one serial server are read; a block saves requests, digits that are none are no value', async () => {
  const asked: string[] = [];
  const { meter } = await site(dlt645Slaves(healthy, asked));
  const energyAndPower = { 'energy.import': 12_345.67, power: 12.3456 };
  expect(await readOnce(meter('161'))).toEqual(energyAndPower);
  const voltages = { 'voltage.a': 220.1, 'voltage.b': 220.3, 'voltage.c': undefined };
  expect(await readOnce(meter('123456', VOLTAGES))).toEqual(voltages);
  expect(asked).toEqual(['000000000161 00010000', '000000000161 02030000', '000000123456 0201FF00']);
});

test('a meter that refuses a block is read item by item from then on', async () => {
  const asked: string[] = [];
  const slaves = dlt645Slaves((_, di) => (di === '0201FF00' ? 'refuse' : DATA[di]), asked);
  const driver = (await site(slaves)).meter('1', VOLTAGES);
  const voltages = { 'voltage.a': 220.1, 'voltage.b': 220.3, 'voltage.c': undefined };
  expect(await readOnce(driver)).toEqual(voltages);
  expect(await readOnce(driver)).toEqual(voltages);
  expect(asked.filter((request) => request.endsWith('0201FF00'))).toHaveLength(1);
});

test('a refused item fails alone', async () => {
  const { meter } = await site(dlt645Slaves((_, di) => (di === '00010000' ? DATA[di] : 'refuse')));
  expect(await readOnce(meter('1'))).toEqual({ 'energy.import': 12_345.67, power: 'read-refused' });
});

test('what was read before a meter fell silent is kept', async () => {
  const { meter } = await site(dlt645Slaves((_, di) => (di === '00010000' ? DATA[di] : undefined)));
  expect(await readOnce(meter('1', ['energy.import', 'power', 'frequency']))).toEqual({
    'energy.import': 12_345.67,
    power: 'read-timeout',
    frequency: 'read-timeout',
  });
});

test('a dead slave is asked once per back-off and the others in every scan', async () => {
  const asked: string[] = [];
  const slaves = dlt645Slaves((address, di) => (address.endsWith('2') ? undefined : DATA[di]), asked);
  const { meter } = await site(slaves);
  const drivers = ['1', '2', '3'].map((address) => meter(address, ['energy.import']));
  const perScan: number[] = [];
  for (let scan = 0; scan < 32; scan += 1) {
    asked.length = 0;
    const seen: unknown[] = [];
    for (const driver of drivers) seen.push((await readOnce(driver))['energy.import']);
    expect(seen).toEqual([12_345.67, 'read-timeout', 12_345.67]);
    perScan.push(asked.filter((request) => request.startsWith('000000000002')).length);
  }
  // After 0, 1, 3, 7, then every 15 skipped scans, never twice in one: it costs the others its own time-out, no more.
  expect(perScan).toEqual(Array.from({ length: 32 }, (_, scan) => ([0, 1, 3, 7, 15, 31].includes(scan) ? 1 : 0)));
});

test('the answer of another address or to another identifier is counted and not believed', async () => {
  const wrongAddress = encodeDlt645({ address: '999', control: 0x91, data: Buffer.from('0000010011111111', 'hex') });
  const wrongItem = encodeDlt645({ address: '1', control: 0x91, data: Buffer.from('0000020011111111', 'hex') });
  const foreignSync = encodeDlt645({ address: '999999999999', control: 0x08, data: Buffer.alloc(6, 0x11) });
  const { meter, disturbances } = await site((_, reply) => {
    for (const frame of [wrongAddress, wrongItem, foreignSync]) reply(frame);
  });
  expect(await readOnce(meter('1', ['energy.import']))).toEqual({ 'energy.import': 'read-timeout' });
  expect(disturbances).toEqual({ foreign: 3 });
});

test.each([
  ['noise', 'FF 68 11', 'read-garbage'],
  ['half an answer', '68 01 00 00 00 00 00 68 91 08 33 33', 'read-garbage'],
  ['an answer with a wrong checksum', '68 01 00 00 00 00 00 68 91 08 33 33 34 33 9A 78 56 34 00 16', 'read-garbage'],
  ['an answer of another size', '68 01 00 00 00 00 00 68 91 06 33 33 34 33 9A 78 D4 16', 'read-garbage'],
])('%s is garbage', async (_, hex, code) => {
  const { meter } = await site((__, reply) => reply(Buffer.from(hex.replaceAll(' ', ''), 'hex')));
  expect(await readOnce(meter('1', ['energy.import']))).toEqual({ 'energy.import': code });
});

test('the answer behind broken bytes is found: the line ends the parser when it falls silent', async () => {
  const good = dlt645Slaves(healthy);
  const { meter, disturbances } = await site((chunk, reply) => {
    // A start and a length of a frame that never comes; the good answer seems to be its contents.
    reply(Buffer.from('6801000000000068915033', 'hex'));
    good(chunk, reply);
  });
  expect(await readOnce(meter('1', ['energy.import']))).toEqual({ 'energy.import': 12_345.67 });
  expect(disturbances.damaged).toBeGreaterThan(0);
});

test.each([1, 65_536])('the answer behind %i bytes of noise is found', async (size) => {
  const good = dlt645Slaves(healthy);
  const { meter } = await site((chunk, reply) => {
    reply(Buffer.alloc(size, 0x5a));
    good(chunk, reply);
  });
  expect(await readOnce(meter('1', ['energy.import']))).toEqual({ 'energy.import': 12_345.67 });
});

test('an answer in parts is asked for to its end', async () => {
  const parts = [
    { control: 0xb1, data: '00FF0102 0122' },
    { control: 0xb2, data: '00FF0102 0322 01' },
    { control: 0x92, data: '00FF0102 0522 02' },
  ].map(({ control, data }) =>
    encodeDlt645({ address: '1', control, data: Buffer.from(data.replaceAll(' ', ''), 'hex') }),
  );
  const { meter } = await site((_, reply) => reply(parts.shift() ?? Buffer.alloc(0)));
  expect(await readOnce(meter('1', VOLTAGES))).toEqual({ 'voltage.a': 220.1, 'voltage.b': 220.3, 'voltage.c': 220.5 });
});

test('a serial server that hangs up is connected again', async () => {
  const { meter, server } = await site(dlt645Slaves(healthy));
  const driver = meter('1', ['energy.import']);
  expect(await readOnce(driver)).toEqual({ 'energy.import': 12_345.67 });
  server.hangUp();
  // The first read may still meet the closing connection.
  await readOnce(driver);
  expect(await readOnce(driver)).toEqual({ 'energy.import': 12_345.67 });
});

test('bytes that nobody asked for are counted', async () => {
  const { meter, server, disturbances } = await site(dlt645Slaves(healthy));
  const driver = meter('1', ['energy.import']);
  await readOnce(driver);
  server.say(Buffer.from('680102', 'hex'));
  await expect.poll(() => disturbances['stray-bytes']).toBe(3);
  expect(await readOnce(driver)).toEqual({ 'energy.import': 12_345.67 });
});

test('one line has one setting', () => {
  const pool = createLinePool();
  pool.line({ kind: 'tcp', host: 'a', port: 1, pauseMs: 20 });
  expect(() => pool.line({ kind: 'tcp', host: 'a', port: 1, pauseMs: 50 })).toThrow(/tcp:a:1 is configured twice/);
});

test('a block of one wanted point is read as that item', () => {
  const [first] = three.points.filter(({ block }) => block !== undefined);
  expect(first && planItems([first])).toMatchObject([{ di: '02010100', isBlock: false }]);
});

test.skipIf(!hasPseudoTerminals())('meters are read over a serial port', async () => {
  const terminal = await startPseudoTerminal(dlt645Slaves(healthy));
  open.push(() => terminal.stop());
  const line: LineSettings = {
    kind: 'serial',
    path: terminal.path,
    baudRate: 9_600,
    dataBits: 8,
    parity: 'none',
    stopBits: 1,
    pauseMs: 0,
  };
  expect(await readOnce(meterOn(createLinePool(), line, '161'))).toEqual({
    'energy.import': 12_345.67,
    power: 12.3456,
  });
});

test('a serial port that does not exist is a lost connection', async () => {
  const line: LineSettings = {
    kind: 'serial',
    path: '/dev/there-is-no-such-port',
    baudRate: 2_400,
    dataBits: 8,
    parity: 'even',
    stopBits: 1,
    pauseMs: 0,
  };
  expect(await readOnce(meterOn(createLinePool(), line, '1', ['power']))).toEqual({ power: 'read-disconnected' });
});
