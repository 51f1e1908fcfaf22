import { GanzhiError } from '@ganzhi/schemas';
import { encodeCjt188, WILDCARD_188 } from './frame.ts';

/** The two ways in which makers read the standard's `DI0 DI1`: 90 1F or 1F 90. The answer mirrors the request. */
export type DiOrder = 'high-first' | 'low-first';

export const READ = 0x01;
export const READ_ADDRESS = 0x03;
export const DI_METERING = '901F';
export const DI_ADDRESS = '810A';

export interface Read188 {
  type: number;
  /** Up to fourteen digits. */
  address: string;
  /** Four hex digits; `901F`, the current values, when not said. */
  di?: string;
  diOrder?: DiOrder;
  /** Number that the answer repeats. */
  sequence?: number;
  /** Waking bytes; 3 when not said. */
  preamble?: number;
}

/**
 * Asks a meter for a data item (control 01H).
 *
 * @throws GanzhiError `config-invalid` for an address or identifier that is none
 */
export function buildRead188(request: Read188): Buffer {
  const { type, address, di = DI_METERING, diOrder = 'low-first', sequence = 0, preamble = 3 } = request;
  const data = Buffer.from([...identifierBytes(di, diOrder), sequence]);
  return encodeCjt188({ type, address, control: READ, data }, { preamble });
}

/** Asks the only meter on a bus for its address (03H, identifier 810A). */
export function buildReadAddress188({
  type = 0xaa,
  diOrder = 'low-first' as DiOrder,
  sequence = 0,
  preamble = 3,
} = {}): Buffer {
  const data = Buffer.from([...identifierBytes(DI_ADDRESS, diOrder), sequence]);
  return encodeCjt188({ type, address: WILDCARD_188, control: READ_ADDRESS, data }, { preamble });
}

function identifierBytes(di: string, order: DiOrder): Buffer {
  if (!/^[0-9A-F]{4}$/i.test(di))
    throw new GanzhiError('config-invalid', `"${di}" is no identifier of four hex digits.`);
  const bytes = Buffer.from(di, 'hex');
  return order === 'high-first' ? bytes : bytes.reverse();
}
