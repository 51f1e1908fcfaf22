import { FrameError, type FrameErrorCode } from './frame-error.ts';
import { hexByte } from './hex.ts';

export const START = 0x68;
export const END = 0x16;
/** Sent before a frame to wake the receiver (DL/T 645-2007 §5.3.1); not a part of it. */
export const PREAMBLE = 0xfe;

/**
 * What DL/T 645 and CJ/T 188 share: `68 … L data CS 16`, CS the sum of all bytes before it modulo 256. The length byte is
 * the last of the header.
 */
export interface Layout<F> {
  headerBytes: number;
  /** Positions in the header that hold 68H. */
  starts: readonly number[];
  maxData: number;
  /** The frame's fields; gets a whole frame whose envelope is right. */
  read(frame: Buffer): F;
}

export const maxFrameBytes = (layout: Layout<unknown>): number => layout.headerBytes + layout.maxData + 2;

/**
 * Judges bytes that should begin with a frame: its size, or what is wrong. `frame-short` means that more bytes could
 * still complete it. Returns codes instead of throwing, because on a noisy line wrong starts are the common case.
 */
export function judge(layout: Layout<unknown>, bytes: Buffer): number | FrameErrorCode {
  const { headerBytes, starts, maxData } = layout;
  for (const at of starts) if (at < bytes.length && bytes[at] !== START) return 'frame-start';
  if (bytes.length < headerBytes) return 'frame-short';
  const dataBytes = bytes.readUInt8(headerBytes - 1);
  if (dataBytes > maxData) return 'frame-length';
  const size = headerBytes + dataBytes + 2;
  if (bytes.length < size) return 'frame-short';
  if (bytes[size - 2] !== checksum(bytes, size - 2)) return 'frame-checksum';
  return bytes[size - 1] === END ? size : 'frame-end';
}

/**
 * The one frame that `bytes` are; waking bytes in front are allowed, anything else around it is not.
 *
 * @throws FrameError naming what is wrong
 */
export function openFrame<F>(layout: Layout<F>, bytes: Uint8Array): F {
  const frame = withoutPreamble(bytes);
  if (frame.length === 0) throw new FrameError('frame-empty', 'There are no bytes.');
  const verdict = judge(layout, frame);
  if (typeof verdict === 'string') throw new FrameError(verdict, explain(layout, frame, verdict));
  if (verdict < frame.length) {
    throw new FrameError('frame-long', `The frame has ${verdict} bytes; ${frame.length - verdict} more follow.`);
  }
  return layout.read(frame);
}

/** Header and data as a frame with checksum, end, and `preamble` waking bytes. */
export function sealFrame(header: readonly number[], data: Uint8Array, preamble: number): Buffer {
  const body = Buffer.from([...header, data.length, ...data]);
  return Buffer.from([...new Array<number>(preamble).fill(PREAMBLE), ...body, checksum(body, body.length), END]);
}

function checksum(bytes: Buffer, length: number): number {
  let sum = 0;
  for (let at = 0; at < length; at += 1) sum += bytes[at] ?? 0;
  return sum & 0xff;
}

function withoutPreamble(bytes: Uint8Array): Buffer {
  let from = 0;
  while (bytes[from] === PREAMBLE) from += 1;
  return Buffer.from(bytes.subarray(from));
}

function explain(layout: Layout<unknown>, frame: Buffer, code: FrameErrorCode): string {
  const { headerBytes, maxData, starts } = layout;
  const dataBytes = frame[headerBytes - 1] ?? 0;
  const size = headerBytes + dataBytes + 2;
  switch (code) {
    case 'frame-start': {
      const at = starts.find((position) => frame[position] !== START) ?? 0;
      return `Byte ${at + 1} is ${hexByte(frame[at] ?? 0)}, where 68 should be.`;
    }
    case 'frame-length':
      return `The length byte says ${dataBytes} bytes of data; at most ${maxData} are allowed.`;
    case 'frame-checksum':
      return `The checksum is ${hexByte(frame[size - 2] ?? 0)}, but the bytes add up to ${hexByte(checksum(frame, size - 2))}.`;
    case 'frame-end':
      return `The last byte is ${hexByte(frame[size - 1] ?? 0)}, where 16 should be.`;
    default:
      return frame.length < headerBytes
        ? `${frame.length} bytes; the header alone has ${headerBytes}.`
        : `${frame.length} bytes; with ${dataBytes} bytes of data the frame has ${size}.`;
  }
}
