import { FrameError, lowFirstDigits } from '../../frame/wire/index.ts';
import type { Cjt188Frame } from './frame.ts';
import { meterType } from './meter-types.ts';
import { type Cjt188Metering, type Cjt188Status, readMetering, readStatus } from './metering.ts';
import { DI_ADDRESS, DI_METERING, type DiOrder } from './request.ts';

const FROM_METER = 0x80;
const REFUSED = 0x40;

const FUNCTIONS: Readonly<Record<number, string>> = {
  1: 'read',
  3: 'read-address',
  4: 'write',
  9: 'read-key-version',
  21: 'write-address',
  22: 'write-motor-sync',
};

export interface Cjt188Control {
  name: string;
  fromMeter: boolean;
  refused: boolean;
}

export interface Identified {
  /** Four hex digits, high first, whatever the order on the wire. */
  di: string;
  diOrder: DiOrder;
  sequence: number;
}

/** What a frame is about, by its control byte. */
export type Cjt188Message = { control: Cjt188Control } & (
  | ({ kind: 'metering'; metering: Cjt188Metering } & Identified)
  | ({ kind: 'address' } & Identified)
  | ({ kind: 'request' | 'data'; payload: Buffer } & Identified)
  | { kind: 'refused'; status?: Cjt188Status }
  | { kind: 'other'; payload: Buffer }
);

/**
 * Sorts a frame: the values of a meter, its address, a refusal, a request, …
 *
 * @throws FrameError `frame-content` when the data do not fit control code and identifier
 */
export function readMessage188(frame: Cjt188Frame): Cjt188Message {
  const control: Cjt188Control = {
    name: FUNCTIONS[frame.control & 0x3f] ?? 'unknown',
    fromMeter: (frame.control & FROM_METER) !== 0,
    refused: (frame.control & REFUSED) !== 0,
  };
  if (control.fromMeter && control.refused) {
    // Sequence and status; some meters leave the status out.
    return {
      kind: 'refused',
      control,
      ...(frame.data.length >= 3 ? { status: readStatus(frame.data.subarray(1, 3)) } : {}),
    };
  }
  if (control.name === 'unknown') return { kind: 'other', control, payload: frame.data };
  if (frame.data.length < 3) {
    throw new FrameError('frame-content', `Identifier and sequence take 3 bytes; there are ${frame.data.length}.`);
  }
  const identified = identify(frame.data);
  const payload = frame.data.subarray(3);
  if (!control.fromMeter) return { kind: 'request', control, ...identified, payload };
  if (identified.di === DI_ADDRESS) return { kind: 'address', control, ...identified };
  if (control.name !== 'read' || identified.di !== DI_METERING)
    return { kind: 'data', control, ...identified, payload };
  return { kind: 'metering', control, ...identified, metering: readMetering(payload, meterType(frame.type).medium) };
}

/** Identifiers with a meaning of their own in the standard: current values, the twelve past months, parameters. */
const KNOWN = /^(901F|D12[0-9A-B]|810[2-6A]|A01[0-9])$/;

/** Both orders are in use; the one that gives a known identifier counts, high first when neither does. */
function identify(data: Buffer): Identified {
  const sequence = data.readUInt8(2);
  const lowFirst = lowFirstDigits(data.subarray(0, 2));
  if (KNOWN.test(lowFirst)) return { di: lowFirst, diOrder: 'low-first', sequence };
  return { di: data.subarray(0, 2).toString('hex').toUpperCase(), diOrder: 'high-first', sequence };
}
