import { GanzhiError } from '@ganzhi/schemas';
import {
  createStreamParser,
  type Layout,
  lowFirstBytes,
  lowFirstDigits,
  openFrame,
  type StreamParser,
  sealFrame,
} from '../../frame/wire/index.ts';

/** A DL/T 645 frame without its envelope. */
export interface Dlt645Frame {
  /** Twelve digits, high first; `AA` stands for "any", all 99 for everybody. */
  address: string;
  control: number;
  /** The data field as meant, the 33H of the wire taken off. */
  data: Buffer;
}

export const BROADCAST_ADDRESS = '999999999999';
export const WILDCARD_ADDRESS = 'AAAAAAAAAAAA';
/** §5.2.5: at most 200 bytes when reading. */
const MAX_DATA = 200;
const START = 0x68;
const OFFSET = 0x33;

/** `68 A0..A5 68 C L DATA CS 16` (DL/T 645-2007 §5.2; the same in 1997). */
const LAYOUT: Layout<Dlt645Frame> = {
  headerBytes: 10,
  starts: [0, 7],
  maxData: MAX_DATA,
  read: (frame) => ({
    address: lowFirstDigits(frame.subarray(1, 7)),
    control: frame.readUInt8(8),
    data: shifted(frame.subarray(10, -2), -OFFSET),
  }),
};

/**
 * Wire bytes of a frame.
 *
 * @param preamble waking bytes FEH in front; the standard says 4, some meters want fewer
 * @throws GanzhiError `config-invalid` for an address that is none or too much data
 */
export function encodeDlt645({ address, control, data }: Dlt645Frame, { preamble = 4 } = {}): Buffer {
  if (data.length > MAX_DATA)
    throw new GanzhiError('config-invalid', `${data.length} bytes of data; at most ${MAX_DATA}.`);
  const header = [START, ...lowFirstBytes(fullAddress(address)), START, control];
  return sealFrame(header, shifted(data, OFFSET), preamble);
}

/**
 * The frame that these bytes are.
 *
 * @throws FrameError naming what is wrong
 */
export const decodeDlt645 = (bytes: Uint8Array): Dlt645Frame => openFrame(LAYOUT, bytes);

/** Finds DL/T 645 frames in the bytes of a line. */
export const createDlt645Parser = (): StreamParser<Dlt645Frame> => createStreamParser(LAYOUT);

/**
 * An address in twelve places; a short one is filled up with zeros (§5.2.2).
 *
 * @throws GanzhiError `config-invalid`
 */
export function fullAddress(address: string): string {
  const full = address.toUpperCase().padStart(12, '0');
  if (!/^(\d\d|AA){6}$/.test(full)) {
    throw new GanzhiError('config-invalid', `"${address}" is no meter address: up to 12 digits, or AA for any pair.`);
  }
  return full;
}

/** True when a meter that calls itself `answered` may answer a request to `asked`: equal but for the wildcard pairs. */
export function addressAnswers(asked: string, answered: string): boolean {
  const wanted = fullAddress(asked);
  for (let at = 0; at < 12; at += 2) {
    const pair = wanted.slice(at, at + 2);
    if (pair !== 'AA' && pair !== answered.slice(at, at + 2)) return false;
  }
  return answered.length === 12;
}

function shifted(bytes: Uint8Array, by: number): Buffer {
  return Buffer.from(bytes.map((byte) => (byte + by) & 0xff));
}
