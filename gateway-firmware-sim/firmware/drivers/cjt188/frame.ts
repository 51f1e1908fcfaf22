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

/** A CJ/T 188 frame without its envelope. */
export interface Cjt188Frame {
  /** Kind of meter: 10H cold water, 20H heat, 30H gas … */
  type: number;
  /** Fourteen digits, high first: maker's code, then the meter's number; `AA` stands for "any". */
  address: string;
  control: number;
  data: Buffer;
}

export const WILDCARD_188 = 'AAAAAAAAAAAAAA';
const START = 0x68;
/** The length byte's own limit: makers exceed the standard's 100 bytes. */
const MAX_DATA = 255;

/** `68 T A0..A6 C L DATA CS 16` (CJ/T 188-2004 §6.2, -2018 §6.3): one 68H only, and no 33H on the data. */
const LAYOUT: Layout<Cjt188Frame> = {
  headerBytes: 11,
  starts: [0],
  maxData: MAX_DATA,
  read: (frame) => ({
    type: frame.readUInt8(1),
    address: lowFirstDigits(frame.subarray(2, 9)),
    control: frame.readUInt8(9),
    data: Buffer.from(frame.subarray(11, -2)),
  }),
};

/**
 * Wire bytes of a frame.
 *
 * @throws GanzhiError `config-invalid` for an address that is none or too much data
 */
export function encodeCjt188({ type, address, control, data }: Cjt188Frame, { preamble = 3 } = {}): Buffer {
  if (data.length > MAX_DATA)
    throw new GanzhiError('config-invalid', `${data.length} bytes of data; at most ${MAX_DATA}.`);
  return sealFrame([START, type, ...lowFirstBytes(fullAddress188(address)), control], data, preamble);
}

/**
 * The frame that these bytes are.
 *
 * @throws FrameError naming what is wrong
 */
export const decodeCjt188 = (bytes: Uint8Array): Cjt188Frame => openFrame(LAYOUT, bytes);

/** Finds CJ/T 188 frames in the bytes of a line. */
export const createCjt188Parser = (): StreamParser<Cjt188Frame> => createStreamParser(LAYOUT);

/**
 * An address in fourteen places; a short one is filled up with zeros.
 *
 * @throws GanzhiError `config-invalid`
 */
export function fullAddress188(address: string): string {
  const full = address.toUpperCase().padStart(14, '0');
  if (!/^(\d\d|AA){7}$/.test(full)) {
    throw new GanzhiError('config-invalid', `"${address}" is no meter address: up to 14 digits, or AA for any pair.`);
  }
  return full;
}

/** True when a meter that calls itself `answered` may answer a request to `asked`: equal but for the wildcard pairs. */
export function addressAnswers188(asked: string, answered: string): boolean {
  const pairs = fullAddress188(asked).match(/../g) ?? [];
  return answered.length === 14 && pairs.every((pair, at) => pair === 'AA' || answered.startsWith(pair, at * 2));
}
