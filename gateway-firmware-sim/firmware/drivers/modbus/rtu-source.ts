import { setTimeout as delay } from 'node:timers/promises';
import { ReadError } from '../driver.ts';
import type { LineBus } from '../line/bus.ts';
import type { RegisterSource } from './bus.ts';
import { exceptionError } from './exception-error.ts';
import { encodeRtu, type ModbusAdu } from './rtu-adu.ts';
import { readPdu } from './rtu-pdu.ts';
import { createRtuParser } from './rtu-stream.ts';

/**
 * Registers of a unit by Modbus RTU on a line (serial port, or raw bytes over a serial server).
 *
 * An RTU answer does not say which registers it holds. So when a request timed out and another one follows, its answer
 * could come late and be taken for the next one's: another request of the same unit waits one more time-out first.
 */
export function createRtuSource(line: LineBus, timeoutMs: number): RegisterSource {
  let owed: { request: string; until: number } | undefined;
  return {
    async read(unit, fc, address, length) {
      const pdu = Buffer.from([fc, address >> 8, address & 0xff, length >> 8, length & 0xff]);
      const request = encodeRtu(unit, pdu);
      const asked = request.toString('hex');
      if (owed && owed.request !== asked) {
        const left = owed.until - performance.now();
        if (left > 0) await delay(left);
        owed = undefined;
      }
      try {
        return await line.exchange({
          request,
          parser: createRtuParser(),
          timeoutMs,
          accept: (answer) => registersOf(answer, unit, fc, length),
        });
      } catch (cause) {
        const silent = cause instanceof ReadError && cause.code === 'read-timeout';
        if (silent) owed = { request: asked, until: performance.now() + timeoutMs };
        throw cause;
      }
    },
  };
}

/** The registers, or undefined when the answer is another unit's or to another request. */
function registersOf(answer: ModbusAdu, unit: number, fc: 3 | 4, length: number): Buffer | undefined {
  if (answer.unit !== unit) return undefined;
  const pdu = readPdu(answer.pdu);
  if (pdu.code !== fc) return undefined;
  if (pdu.kind === 'exception') throw exceptionError(pdu.exception, `Unit ${unit}: exception ${pdu.exception}`);
  return pdu.kind === 'registers' && pdu.data.length === length * 2 ? pdu.data : undefined;
}
