import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { type OnBytes, startLineServer } from '../../../testing/line-server.ts';
import { hasPseudoTerminals, startPseudoTerminal } from '../../../testing/pseudo-terminal.ts';
import { type LineBus, openLineBus } from '../line/bus.ts';
import { tcpChannel } from '../line/channel.ts';
import { createLinePool } from '../line/line-pool.ts';
import { decodeRtu, encodeRtu } from './rtu-adu.ts';
import { createRtuSource } from './rtu-source.ts';
import { createRtuParser } from './rtu-stream.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const TIMEOUT_MS = 100;

async function bus(onBytes: OnBytes, disturbances: Record<string, number> = {}): Promise<LineBus> {
  const server = await startLineServer(onBytes);
  open.push(() => server.stop());
  const line = openLineBus({
    key: 'test',
    open: tcpChannel({ host: '127.0.0.1', port: server.port }),
    pauseMs: 0,
    gapMs: 60,
    observe: (kind, count) => {
      disturbances[kind] = (disturbances[kind] ?? 0) + count;
    },
  });
  open.push(() => line.close());
  return line;
}

/** Each register of unit n holds n × 1000 + its address. */
const answerTo = (request: Buffer): Buffer => {
  const { unit, pdu } = decodeRtu(request);
  const [code = 0] = pdu;
  const address = pdu.readUInt16BE(1);
  const words = Array.from({ length: pdu.readUInt16BE(3) }, (_, i) => unit * 1_000 + address + i);
  const data = words.flatMap((word) => [word >> 8, word & 0xff]);
  return encodeRtu(unit, Buffer.from([code, data.length, ...data]));
};
const words = (registers: Buffer) =>
  Array.from({ length: registers.length / 2 }, (_, i) => registers.readUInt16BE(i * 2));

test('registers of units on one line, through packets of any size', async () => {
  const line = await bus((request, reply) => {
    for (const byte of answerTo(request)) reply(Buffer.from([byte]));
  });
  const source = createRtuSource(line, TIMEOUT_MS);
  const both = [source.read(1, 3, 10, 2), createRtuSource(line, TIMEOUT_MS).read(2, 4, 20, 1)];
  expect((await Promise.all(both)).map(words)).toEqual([[1_010, 1_011], [2_020]]);
});

test('an adapter that hears itself is no answer', async () => {
  const disturbances: Record<string, number> = {};
  const line = await bus((request, reply) => {
    reply(request);
    reply(answerTo(request));
  }, disturbances);
  expect(words(await createRtuSource(line, TIMEOUT_MS).read(1, 3, 10, 1))).toEqual([1_010]);
  expect(disturbances).toEqual({ echo: 1 });
});

test.each([
  ['another unit', encodeRtu(9, Buffer.from([3, 2, 0, 1])), 'read-timeout'],
  ['another function', encodeRtu(1, Buffer.from([4, 2, 0, 1])), 'read-timeout'],
  ['another count of registers', encodeRtu(1, Buffer.from([3, 4, 0, 1, 0, 2])), 'read-timeout'],
  ['a wrong CRC', Buffer.from([1, 3, 2, 0, 1, 0, 0]), 'read-garbage'],
  ['an exception', encodeRtu(1, Buffer.from([0x83, 2])), 'read-refused'],
  ['a gateway that could not reach the unit', encodeRtu(1, Buffer.from([0x83, 11])), 'read-timeout'],
])('%s is not believed', async (_, answer, code) => {
  const line = await bus((__, reply) => reply(answer));
  await expect(createRtuSource(line, TIMEOUT_MS).read(1, 3, 10, 1)).rejects.toMatchObject({ code });
});

test('a late answer is not taken for the answer to the next request', async () => {
  let first = true;
  const line = await bus((request, reply) => {
    const late = first;
    first = false;
    // Behind the time-out of its own request, within that of the next.
    delay(late ? TIMEOUT_MS * 1.5 : 0).then(() => reply(answerTo(request)));
  });
  const source = createRtuSource(line, TIMEOUT_MS);
  await expect(source.read(1, 3, 10, 1)).rejects.toMatchObject({ code: 'read-timeout' });
  expect(words(await source.read(1, 3, 99, 1))).toEqual([1_099]);
});

test.skipIf(!hasPseudoTerminals())('registers over a serial port', async () => {
  const terminal = await startPseudoTerminal((request, reply) => reply(answerTo(request)));
  open.push(() => terminal.stop());
  const { acquire } = createLinePool().line({
    kind: 'serial',
    path: terminal.path,
    baudRate: 9_600,
    dataBits: 8,
    parity: 'none',
    stopBits: 1,
    pauseMs: 0,
  });
  const { source, release } = acquire();
  open.push(release);
  expect(words(await createRtuSource(source, 1_000).read(1, 3, 10, 3))).toEqual([1_010, 1_011, 1_012]);
});

test('random bytes never break the parser, and the answer behind them is found when the line falls silent', () => {
  const answer = encodeRtu(17, Buffer.from([3, 4, 1, 2, 3, 4]));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (noise) => {
      const parser = createRtuParser();
      const found = [...parser.push(noise), ...parser.push(answer), ...parser.end()];
      expect(found.map(({ unit }) => unit)).toContain(17);
      expect(parser.heldBytes).toBe(0);
    }),
  );
});

test.each([0, 1, 65_536])('%i zero bytes are skipped without holding more than a frame', (size) => {
  const parser = createRtuParser();
  expect([...parser.push(Buffer.alloc(size)), ...parser.end()]).toEqual([]);
  expect(parser.counters.skippedBytes).toBe(size);
});
