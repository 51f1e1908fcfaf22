import { FrameError, lowFirstDigits } from '../../frame/wire/index.ts';
import { type Dlt645Control, errorBits, type NamedBit, READ_ADDRESS, readControl, TIME_SYNC } from './control.ts';
import type { Dlt645Frame } from './frame.ts';

/** What a frame is about, by its control byte. */
export type Dlt645Message = { control: Dlt645Control } & (
  | { kind: 'data'; di: string /** Place of a follow-up frame, from 1. */; sequence?: number; payload: Buffer }
  | { kind: 'refused'; reasons: NamedBit[]; byte: number }
  | { kind: 'address'; address: string }
  | { kind: 'request'; di?: string; sequence?: number }
  | { kind: 'time-sync'; payload: Buffer }
  /** An acknowledgement or something of the maker's own. */
  | { kind: 'other'; payload: Buffer }
);

/**
 * Sorts a frame: the answer to a read with its identifier, a refusal with its reasons, a request, …
 *
 * @throws FrameError `frame-content` when the data are too short for the control code
 */
export function readMessage({ control: code, data }: Dlt645Frame): Dlt645Message {
  const control = readControl(code);
  if ((code & 0x1f) === TIME_SYNC && !control.fromMeter) {
    return { kind: 'time-sync', control, payload: atLeast(data, 6, 'A time') };
  }
  if (control.fromMeter && control.refused) {
    const byte = atLeast(data, 1, 'A refusal').readUInt8(0);
    return { kind: 'refused', control, byte, reasons: errorBits(byte, control.version) };
  }
  if ((code & 0x1f) === READ_ADDRESS && control.fromMeter) {
    return { kind: 'address', control, address: lowFirstDigits(atLeast(data, 6, 'An address').subarray(0, 6)) };
  }
  if (!control.name.startsWith('read') || control.version === 'unknown')
    return { kind: 'other', control, payload: data };
  return readOrAnswer(control, data);
}

function readOrAnswer(control: Dlt645Control, data: Buffer): Dlt645Message {
  const idBytes = control.version === '1997' ? 2 : 4;
  const numbered = control.version === '2007' && control.name === 'read-next';
  if (!control.fromMeter) {
    // "Read the address", and the 1997 edition's "read again", carry no identifier.
    if (data.length < idBytes) return { kind: 'request', control };
    const di = lowFirstDigits(data.subarray(0, idBytes));
    return { kind: 'request', control, di, ...(numbered && data.length > 4 ? { sequence: data.readUInt8(4) } : {}) };
  }
  atLeast(data, idBytes + (numbered ? 1 : 0), 'An answer');
  const di = lowFirstDigits(data.subarray(0, idBytes));
  if (!numbered) return { kind: 'data', control, di, payload: data.subarray(idBytes) };
  return { kind: 'data', control, di, sequence: data.readUInt8(data.length - 1), payload: data.subarray(idBytes, -1) };
}

/**
 * The whole answer of a read that came in parts: the first frame (91H, B1H) and its follow-ups (92H, B2H) in order.
 *
 * @throws FrameError `frame-content` when a part is missing, doubled, of another identifier, or the last one says "more"
 */
export function joinParts(parts: readonly Dlt645Message[]): { di: string; payload: Buffer } {
  const [first] = parts;
  if (first?.kind !== 'data') throw new FrameError('frame-content', 'There is no answer to join.');
  const payloads = parts.map((part, place) => {
    const fits =
      part.kind === 'data' &&
      part.di === first.di &&
      (part.sequence ?? place) === place &&
      part.control.more === place < parts.length - 1;
    if (!fits) throw new FrameError('frame-content', `Part ${place} of ${first.di} is missing or out of order.`);
    return part.payload;
  });
  return { di: first.di, payload: Buffer.concat(payloads) };
}

function atLeast(data: Buffer, bytes: number, what: string): Buffer {
  if (data.length >= bytes) return data;
  throw new FrameError('frame-content', `${what} takes ${bytes} bytes of data; there are ${data.length}.`);
}
