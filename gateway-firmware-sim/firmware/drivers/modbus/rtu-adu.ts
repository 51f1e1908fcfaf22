import { FrameError, hexByte } from '../../frame/wire/index.ts';
import { crc16 } from './rtu-crc.ts';
import { fitsTcp } from './rtu-pdu.ts';

/** A Modbus frame of either envelope. */
export interface ModbusAdu {
  transport: 'rtu' | 'tcp';
  unit: number;
  /** Function code and data. */
  pdu: Buffer;
  /** TCP only: what the answer repeats. */
  transaction?: number;
}

/** 253 bytes of PDU, one of address, two of CRC (Modbus over serial line V1.02 §2.5.1). */
const MAX_RTU = 256;
const MIN_RTU = 4;
const MBAP = 7;
const MAX_TCP = 260;

/** Wire bytes of an RTU frame: unit, function and data, CRC low byte first. */
export function encodeRtu(unit: number, pdu: Uint8Array): Buffer {
  const body = Buffer.from([unit, ...pdu]);
  const crc = crc16(body);
  return Buffer.from([...body, crc & 0xff, crc >> 8]);
}

/**
 * The RTU frame that these bytes are.
 *
 * @throws FrameError `frame-empty`, `frame-short`, `frame-long` or `frame-checksum`
 */
export function decodeRtu(bytes: Uint8Array): ModbusAdu {
  const frame = Buffer.from(bytes);
  sized(frame, MIN_RTU, MAX_RTU);
  const wanted = crc16(frame.subarray(0, -2));
  if (frame.readUInt16LE(frame.length - 2) !== wanted) {
    const has = `${hexByte(frame.readUInt8(frame.length - 2))} ${hexByte(frame.readUInt8(frame.length - 1))}`;
    const should = `${hexByte(wanted & 0xff)} ${hexByte(wanted >> 8)}`;
    throw new FrameError('frame-checksum', `The CRC is ${has}; over the bytes before it, it would be ${should}.`);
  }
  return { transport: 'rtu', unit: frame.readUInt8(0), pdu: frame.subarray(1, -2) };
}

/**
 * The Modbus TCP frame (MBAP header and PDU) that these bytes are (Modbus Messaging on TCP/IP V1.0b §3.1.3).
 *
 * @throws FrameError `frame-empty`, `frame-short`, `frame-long`, `frame-start` or `frame-length`
 */
export function decodeTcp(bytes: Uint8Array): ModbusAdu {
  const frame = Buffer.from(bytes);
  sized(frame, MBAP + 1, MAX_TCP);
  const protocol = frame.readUInt16BE(2);
  if (protocol !== 0) throw new FrameError('frame-start', `The protocol identifier is ${protocol}, where 0 should be.`);
  const length = frame.readUInt16BE(4);
  if (length !== frame.length - 6) {
    throw new FrameError('frame-length', `The header says ${length} bytes; ${frame.length - 6} follow.`);
  }
  return { transport: 'tcp', unit: frame.readUInt8(6), pdu: frame.subarray(MBAP), transaction: frame.readUInt16BE(0) };
}

/**
 * The Modbus frame that these bytes are, RTU or TCP. A right CRC decides for RTU; TCP, which has no checksum, is believed
 * only when header and contents agree to the byte, so that an RTU frame with a wrong CRC is not taken for it.
 *
 * @throws FrameError of the RTU reading when neither fits
 */
export function decodeModbus(bytes: Uint8Array): ModbusAdu {
  try {
    return decodeRtu(bytes);
  } catch (refusal) {
    const tcp = attempt(() => decodeTcp(bytes));
    if (tcp && fitsTcp(tcp.pdu)) return tcp;
    throw refusal;
  }
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (refusal) {
    if (refusal instanceof FrameError) return undefined;
    throw refusal;
  }
}

function sized(frame: Buffer, least: number, most: number): void {
  if (frame.length === 0) throw new FrameError('frame-empty', 'There are no bytes.');
  if (frame.length < least)
    throw new FrameError('frame-short', `${frame.length} bytes; a frame has at least ${least}.`);
  if (frame.length > most) throw new FrameError('frame-long', `${frame.length} bytes; a frame has at most ${most}.`);
}
