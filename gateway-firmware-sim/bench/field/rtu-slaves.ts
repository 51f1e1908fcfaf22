/**
 * Child of `bench/gateway.ts`: an RS-485 bus of Modbus RTU meters behind a pseudo-terminal, at the pace of 9600 baud 8N1 with a
 * turn-around of 10 ms: no byte arrives before the line could have carried it. Prints the port's path.
 *
 *     node rtu-slaves.ts [dead unit ...]
 */
import { setTimeout as delay } from 'node:timers/promises';
import { encodeRtu } from '../../firmware/drivers/modbus/rtu-adu.ts';
import { startPseudoTerminal } from '../../testing/pseudo-terminal.ts';
import { BYTE_MS, REQUEST_BYTES, TURN_AROUND_MS } from './rtu-line.ts';

const dead = new Set(process.argv.slice(2).map(Number));
/** A UART hands bytes over in such handfuls (half of a 16-byte FIFO). */
const CHUNK_BYTES = 8;

let received = Buffer.alloc(0);
let lineFreeAt = 0;
let sending: Promise<void> = Promise.resolve();

const { path } = await startPseudoTerminal((chunk, reply) => {
  received = Buffer.concat([received, chunk]);
  for (; received.length >= REQUEST_BYTES; received = received.subarray(REQUEST_BYTES)) {
    const carriedAt = Math.max(performance.now(), lineFreeAt) + REQUEST_BYTES * BYTE_MS;
    const unit = received.readUInt8(0);
    const answer = answerTo(unit, received.readUInt8(1), received.readUInt16BE(4));
    if (dead.has(unit)) {
      lineFreeAt = carriedAt;
      continue;
    }
    const startsAt = carriedAt + TURN_AROUND_MS;
    lineFreeAt = startsAt + answer.length * BYTE_MS;
    sending = sending.then(() => send(answer, startsAt, reply));
  }
});
process.stdout.write(`${path}\n`);

function answerTo(unit: number, code: number, registers: number): Buffer {
  const pdu = Buffer.alloc(2 + registers * 2);
  pdu.writeUInt8(code, 0);
  pdu.writeUInt8(registers * 2, 1);
  for (let i = 0; i < registers; i += 2) pdu.writeFloatBE(230 + i, 2 + i * 2);
  return encodeRtu(unit, pdu);
}

async function send(answer: Buffer, startsAt: number, reply: (bytes: Uint8Array) => void): Promise<void> {
  for (let at = 0; at < answer.length; at += CHUNK_BYTES) {
    const end = Math.min(answer.length, at + CHUNK_BYTES);
    await until(startsAt + end * BYTE_MS);
    reply(answer.subarray(at, end));
  }
}

/** A timer's millisecond is a whole byte: the last bit is waited for turn by turn. */
async function until(moment: number): Promise<void> {
  const left = moment - performance.now();
  if (left > 1.5) await delay(Math.floor(left - 1));
  while (performance.now() < moment) await new Promise((resolve) => setImmediate(resolve));
}
