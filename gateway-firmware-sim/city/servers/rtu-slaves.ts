import type { ModbusTemplate } from '@ganzhi/schemas';
import { decodeRtu, encodeRtu, type ModbusAdu } from '../../firmware/drivers/modbus/rtu-adu.ts';
import { readPdu } from '../../firmware/drivers/modbus/rtu-pdu.ts';
import type { Slaves } from './bus-server.ts';
import { registerImage } from './encode.ts';
import { wordsOf } from './modbus-server.ts';
import type { Slave } from './slave.ts';

/** Every request to read registers is so long. */
const REQUEST_BYTES = 8;
const EXCEPTION = 0x80;
const ILLEGAL_ADDRESS = 2;

/** Modbus RTU meters by unit. What is no request is passed over with all that came with it, as by meters that wait for silence. */
export function rtuSlaves(units: ReadonlyMap<number, Slave<ModbusTemplate>>): Slaves {
  let held: Buffer = Buffer.alloc(0);
  return (chunk, reply) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= REQUEST_BYTES) {
      const request = requestIn(held.subarray(0, REQUEST_BYTES));
      held = request ? held.subarray(REQUEST_BYTES) : Buffer.alloc(0);
      if (!request) continue;
      const { unit, pdu } = request;
      const slave = units.get(unit);
      const asked = readPdu(pdu);
      if (!slave || slave.isDead() || asked.kind !== 'read-request' || (asked.code !== 3 && asked.code !== 4)) continue;
      const image = registerImage(slave.template.points, asked.code, slave.values());
      const [refusal, words] = wordsOf(image, asked.address, asked.count);
      const data = words.flatMap((word) => [word >> 8, word & 0xff]);
      const answer = refusal ? [asked.code | EXCEPTION, ILLEGAL_ADDRESS] : [asked.code, data.length, ...data];
      reply(encodeRtu(unit, Buffer.from(answer)));
    }
  };
}

function requestIn(bytes: Buffer): ModbusAdu | undefined {
  try {
    return decodeRtu(bytes);
  } catch {
    return undefined;
  }
}
