import { Cjt188Template } from '@ganzhi/schemas';
import { afterEach, expect, test } from 'vitest';
import { type OnBytes, startLineServer } from '../../../testing/line-server.ts';
import { templateById } from '../../templates/index.ts';
import { createLinePool } from '../line/line-pool.ts';
import { createCjt188Driver } from './driver.ts';
import { decodeCjt188, encodeCjt188 } from './index.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function read(template: string, address: string, onBytes: OnBytes) {
  const server = await startLineServer(onBytes);
  open.push(() => server.stop());
  const { meterType: type, diOrder, points } = Cjt188Template.parse(templateById(template));
  const line = createLinePool().line({ kind: 'tcp', host: '127.0.0.1', port: server.port, pauseMs: 0 });
  const driver = createCjt188Driver({ ...line, type, diOrder, points, address, wakeBytes: 3, timeoutMs: 120 });
  open.push(() => driver.close());
  await driver.open();
  return driver.read();
}

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
/** Handbook, test vector 16. */
const WATER =
  '68 10 44 33 22 11 00 33 78 81 16 1F 90 00 00 77 66 55 2C 00 77 66 55 2C 31 01 22 11 05 15 20 21 84 13 16';
/** Public capture: 54,427.88 kWh of a meter of type 25H. */
const HEAT =
  '68 25 12 19 24 18 27 31 00 81 2E 1F 90 03 11 74 02 00 05 88 27 44 05 05 00 00 00 00 17 00 00 00 00 35 08 56 71 00 2C 79 26 00 64 26 00 66 47 07 11 52 17 03 09 25 20 00 05 2A 16';

test('a water meter is asked as the handbook shows and its volume read', async () => {
  const asked: string[] = [];
  const { values } = await read('generic-cjt188-water', '78330011223344', (chunk, reply) => {
    const { address, data } = decodeCjt188(chunk);
    asked.push(`${address} ${data.subarray(0, 2).toString('hex')}`);
    reply(bytes(WATER));
  });
  expect(values).toEqual([{ quantity: 'water.volume', value: 556_677, quality: 0 }]);
  expect(asked).toEqual(['78330011223344 1f90']);
});

test('heat in kilowatt-hours is read in gigajoules, exactly; the type may be another one of its medium', async () => {
  const { values } = await read('generic-cjt188-heat', 'AAAAAAAAAAAAAA', (_, reply) => reply(bytes(HEAT)));
  expect(values).toEqual([{ quantity: 'heat.energy', value: 195.940368, quality: 0 }]);
});

test.each([
  ['another address', 'generic-cjt188-water', '78330011223345', WATER],
  ['a meter of another medium', 'generic-cjt188-gas', '78330011223344', WATER],
])('%s is not believed', async (_, template, address, hex) => {
  const { values, failures } = await read(template, address, (__, reply) => reply(bytes(hex)));
  expect(values).toEqual([]);
  expect(failures).toMatchObject([{ code: 'read-timeout' }]);
});

test('a meter that refuses says so; digits FF are no value', async () => {
  const refusal = encodeCjt188({ type: 0x10, address: '1', control: 0xc1, data: Buffer.from([0, 0, 0]) });
  const refused = await read('generic-cjt188-water', '1', (_, reply) => reply(refusal));
  expect(refused.failures).toEqual([{ quantity: 'water.volume', code: 'read-refused' }]);
  const data = bytes('1F 90 00 FF FF FF FF 2C FF FF FF FF 2C FF FF FF FF FF FF FF 00 00');
  const empty = encodeCjt188({ type: 0x10, address: '1', control: 0x81, data });
  expect((await read('generic-cjt188-water', '1', (_, reply) => reply(empty))).withoutValue).toEqual(['water.volume']);
});
