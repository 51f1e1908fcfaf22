import { GanzhiError, MAX_MESSAGE_BYTES } from '@ganzhi/schemas';
import { crc16 } from './crc16.ts';
import type { CollectorProfile } from './profile.ts';
import { seal, unseal } from './seal.ts';

/** What a frame holds: the XML, and the number or type byte that stands beside it. */
export interface Body {
  xml: Buffer;
  /** Wrapped frames are numbered; an answer carries the number of what it answers. */
  number: number;
}

export interface Framing {
  /** So many bytes tell how long the frame is. */
  readonly headBytes: number;
  /** @returns length of the whole frame @throws GanzhiError `frame-start` or `frame-length` */
  length(head: Buffer): number;
  /** @throws GanzhiError `frame-…` when the bytes are not believed */
  open(frame: Buffer): Body;
  /** @param kind the operation, which one framing repeats as a byte */
  close(body: Body, kind: string): Buffer;
}

/** Padding of a cipher, and the number. */
const SLACK_BYTES = 32;
const MAX_BODY_BYTES = MAX_MESSAGE_BYTES + SLACK_BYTES;
const MARK_BYTES = 4;

/** The framing of a profile: pure, bytes in and bytes out. */
export function framingOf(profile: CollectorProfile): Framing {
  return { wrapped, typed, hex }[profile.framing](profile);
}

/** mark ‖ length u32 ‖ number u32 + body ‖ CRC-16 ‖ other mark; length and CRC count number and body. */
function wrapped({ aes, firstMark, lengthOrder }: CollectorProfile): Framing {
  const marks = [Buffer.from('55aa55aa', 'hex'), Buffer.from('68681616', 'hex')] as const;
  const [head, tail] = firstMark === '55aa55aa' ? marks : [marks[1], marks[0]];
  const u32 = integers(lengthOrder);
  const around = MARK_BYTES + 4 + 2 + MARK_BYTES;
  return {
    headBytes: 8,
    length: (bytes) => {
      if (!bytes.subarray(0, MARK_BYTES).equals(head))
        throw new GanzhiError('frame-start', `Not ${head.toString('hex')}.`);
      return around + bounded(u32.read(bytes, MARK_BYTES), 4);
    },
    open: (frame) => {
      const body = frame.subarray(MARK_BYTES + 4, -6);
      if (!frame.subarray(-MARK_BYTES).equals(tail)) throw new GanzhiError('frame-end', `Not ${tail.toString('hex')}.`);
      if (frame.readUInt16LE(frame.length - 6) !== crc16(body))
        throw new GanzhiError('frame-checksum', 'CRC-16 differs.');
      return { number: u32.read(body, 0), xml: unseal(body.subarray(4), aes) };
    },
    close: ({ xml, number }) => {
      const body = Buffer.concat([u32.write(number), seal(xml, aes)]);
      const crc = Buffer.alloc(2);
      crc.writeUInt16LE(crc16(body));
      return Buffer.concat([head, u32.write(body.length), body, crc, tail]);
    },
  };
}

const TYPES = [
  'request',
  'sequence',
  'md5',
  'result',
  'report',
  'continuous',
  'report_ack',
  'continuous_ack',
  'notify',
  'time',
  'period',
  'period_ack',
];

/** 1F 1F ‖ type ‖ length u32 ‖ body. The type repeats what the XML says, which is what counts. */
function typed({ aes, lengthOrder }: CollectorProfile): Framing {
  const u32 = integers(lengthOrder);
  return {
    headBytes: 7,
    length: (bytes) => {
      if (bytes.readUInt16BE(0) !== 0x1f1f) throw new GanzhiError('frame-start', 'Not 1f1f.');
      return 7 + bounded(u32.read(bytes, 3), 0);
    },
    open: (frame) => ({ number: 0, xml: unseal(frame.subarray(7), aes) }),
    close: ({ xml }, kind) => {
      const body = seal(xml, aes);
      return Buffer.concat([Buffer.from([0x1f, 0x1f, TYPES.indexOf(kind) + 1]), u32.write(body.length), body]);
    },
  };
}

/** Eight hexadecimal digits (length of what follows, in characters) ‖ body in hexadecimal digits. */
function hex({ aes }: CollectorProfile): Framing {
  return {
    headBytes: 8,
    length: (bytes) => {
      const digits = bytes.toString('latin1', 0, 8);
      if (!/^[0-9A-Fa-f]{8}$/.test(digits)) throw new GanzhiError('frame-hex', 'The length is not hexadecimal.');
      return 8 + bounded(Number.parseInt(digits, 16) / 2, 0) * 2;
    },
    open: (frame) => {
      const digits = frame.toString('latin1', 8);
      if (!/^([0-9A-Fa-f]{2})*$/.test(digits)) throw new GanzhiError('frame-hex', 'The body is not hexadecimal.');
      return { number: 0, xml: unseal(Buffer.from(digits, 'hex'), aes) };
    },
    close: ({ xml }) => {
      const digits = seal(xml, aes).toString('hex').toUpperCase();
      return Buffer.from(digits.length.toString(16).toUpperCase().padStart(8, '0') + digits, 'latin1');
    },
  };
}

function bounded(length: number, least: number): number {
  if (!Number.isInteger(length) || length < least || length > MAX_BODY_BYTES) {
    throw new GanzhiError('frame-length', `A body may have ${least} to ${MAX_BODY_BYTES} bytes.`);
  }
  return length;
}

function integers(order: 'little' | 'big') {
  const little = order === 'little';
  return {
    read: (bytes: Buffer, at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)),
    write: (value: number): Buffer => {
      const bytes = Buffer.alloc(4);
      if (little) bytes.writeUInt32LE(value);
      else bytes.writeUInt32BE(value);
      return bytes;
    },
  };
}
