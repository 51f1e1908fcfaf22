import { GanzhiError } from '@ganzhi/schemas';
import { clockBytes, lowFirstBytes } from '../../frame/wire/index.ts';
import { READ_1997, READ_2007, READ_ADDRESS, READ_NEXT_1997, READ_NEXT_2007, TIME_SYNC } from './control.ts';
import { BROADCAST_ADDRESS, encodeDlt645, WILDCARD_ADDRESS } from './frame.ts';

export interface ReadRequest {
  /** Up to twelve digits; `AA` pairs match any meter (only alone on its bus). */
  address: string;
  /** Eight hex digits ask a 2007 meter, four a 1997 meter. */
  di: string;
  /** Waking bytes; 4 when not said. */
  preamble?: number;
}

/** Asks for a data item: control 11H with a 2007 identifier, 01H with a 1997 one (§7.1). */
export function buildRead({ address, di, preamble = 4 }: ReadRequest): Buffer {
  const data = identifierBytes(di);
  return encodeDlt645({ address, control: data.length === 4 ? READ_2007 : READ_1997, data }, { preamble });
}

/**
 * Asks for the next part of an answer that said "more follows" (B1H, B2H). Only 2007 counts the parts.
 *
 * @param sequence 1 for the first request after the answer, then one more each
 */
export function buildReadNext({ address, di, preamble = 4, sequence }: ReadRequest & { sequence: number }): Buffer {
  const id = identifierBytes(di);
  if (id.length === 2) return encodeDlt645({ address, control: READ_NEXT_1997, data: id }, { preamble });
  if (!Number.isInteger(sequence) || sequence < 1 || sequence > 255) {
    throw new GanzhiError('config-invalid', `Part ${sequence} is not within 1 and 255.`);
  }
  const data = Buffer.from([...id, sequence]);
  return encodeDlt645({ address, control: READ_NEXT_2007, data }, { preamble });
}

/** Asks the only meter on a bus for its address (13H, §7.3). */
export const buildReadAddress = ({ preamble = 4 } = {}): Buffer =>
  encodeDlt645({ address: WILDCARD_ADDRESS, control: READ_ADDRESS, data: Buffer.alloc(0) }, { preamble });

/**
 * Sets the clocks of all meters, which do not answer (08H, §7.7). A meter follows at most once a day, by at most five
 * minutes, and not near midnight.
 *
 * @param t instant, epoch ms; sent as Asia/Shanghai wall time
 */
export const buildTimeSync = (t: number, { address = BROADCAST_ADDRESS, preamble = 4 } = {}): Buffer =>
  encodeDlt645({ address, control: TIME_SYNC, data: clockBytes(t) }, { preamble });

function identifierBytes(di: string): Buffer {
  if (!/^([0-9A-F]{4}){1,2}$/i.test(di)) {
    throw new GanzhiError('config-invalid', `"${di}" is no data identifier: 8 hex digits (2007) or 4 (1997).`);
  }
  return lowFirstBytes(di);
}
