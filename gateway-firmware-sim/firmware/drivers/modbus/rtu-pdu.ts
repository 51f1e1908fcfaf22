import { FrameError } from '../../frame/wire/index.ts';

/** Public functions (Modbus Application Protocol V1.1b3 §6) that this project meets. */
const FUNCTIONS: Readonly<Record<number, string>> = {
  1: 'read-coils',
  2: 'read-discrete-inputs',
  3: 'read-holding-registers',
  4: 'read-input-registers',
  5: 'write-single-coil',
  6: 'write-single-register',
  7: 'read-exception-status',
  8: 'diagnostics',
  11: 'get-comm-event-counter',
  15: 'write-multiple-coils',
  16: 'write-multiple-registers',
  17: 'report-server-id',
  22: 'mask-write-register',
  23: 'read-write-multiple-registers',
  43: 'encapsulated-interface',
};

/** Exception codes (V1.1b3 §7). */
export const EXCEPTIONS: Readonly<Record<number, { name: string; zh: string; en: string }>> = {
  1: { name: 'illegal-function', zh: '不支持的功能码', en: 'The meter does not know this function' },
  2: { name: 'illegal-data-address', zh: '寄存器地址不存在', en: 'The meter has no such register' },
  3: { name: 'illegal-data-value', zh: '请求的数量或数值无效', en: 'Quantity or value of the request is not allowed' },
  4: { name: 'server-device-failure', zh: '设备故障', en: 'The device failed' },
  5: { name: 'acknowledge', zh: '已接受，处理中', en: 'Accepted, still working' },
  6: { name: 'server-device-busy', zh: '设备忙', en: 'The device is busy' },
  7: { name: 'negative-acknowledge', zh: '无法执行', en: 'The device cannot do it' },
  8: { name: 'memory-parity-error', zh: '存储校验错', en: 'Parity error in the device memory' },
  10: { name: 'gateway-path-unavailable', zh: '网关路径不可用', en: 'The gateway has no path to the device' },
  11: { name: 'gateway-target-failed', zh: '网关后的设备无应答', en: 'The device behind the gateway does not answer' },
};

/** The refused registers do not exist, or not so many in one request. */
export const refusesData = (exception: number): boolean => exception === 2 || exception === 3;

/** Said by a gateway in place of the meter, which did not answer it. */
export const isGatewayTimeout = (exception: number): boolean => exception === 10 || exception === 11;

/** What function code and data say. */
export type ModbusPdu = { code: number; name: string } & (
  | { kind: 'exception'; exception: number }
  | { kind: 'read-request'; address: number; count: number }
  | { kind: 'registers'; data: Buffer }
  | { kind: 'bits'; data: Buffer }
  /** A single write, whose answer repeats it. */
  | { kind: 'write'; address: number; value: number }
  | { kind: 'write-request'; address: number; count: number; data: Buffer }
  | { kind: 'write-reply'; address: number; count: number }
  | { kind: 'other'; data: Buffer }
);

const EXCEPTION_BIT = 0x80;

/**
 * Sorts a PDU. Requests and answers of reads have the same function code; their sizes tell them apart (an answer of
 * registers has an even count of data bytes, so its PDU never has the five bytes of a request).
 *
 * @throws FrameError `frame-content` when the data do not fit the function
 */
export function readPdu(pdu: Buffer): ModbusPdu {
  if (pdu.length === 0) throw new FrameError('frame-content', 'There is no function code.');
  const first = pdu.readUInt8(0);
  const code = first & ~EXCEPTION_BIT;
  const base = { code, name: FUNCTIONS[code] ?? 'unknown' };
  if (first & EXCEPTION_BIT) {
    if (pdu.length !== 2) throw misfit(pdu, 'an exception has 2');
    return { ...base, kind: 'exception', exception: pdu.readUInt8(1) };
  }
  switch (code) {
    case 1:
    case 2:
      return readBits(pdu, base);
    case 3:
    case 4:
      return readRegisters(pdu, base);
    case 5:
    case 6:
      if (pdu.length !== 5) throw misfit(pdu, 'a single write has 5');
      return { ...base, kind: 'write', address: pdu.readUInt16BE(1), value: pdu.readUInt16BE(3) };
    case 15:
    case 16:
      return readWrite(pdu, base);
    default:
      return { ...base, kind: 'other', data: pdu.subarray(1) };
  }
}

/** True for a PDU whose size and function agree and are known: what a TCP frame must show, having no checksum. */
export function fitsTcp(pdu: Buffer): boolean {
  try {
    const { kind, name } = readPdu(pdu);
    return kind !== 'other' && name !== 'unknown';
  } catch (refusal) {
    if (refusal instanceof FrameError) return false;
    throw refusal;
  }
}

type Base = { code: number; name: string };

/** One byte of count, then so many bytes. */
const countedData = (pdu: Buffer): Buffer | undefined =>
  pdu.length >= 2 && pdu.length === 2 + pdu.readUInt8(1) ? pdu.subarray(2) : undefined;

function readRegisters(pdu: Buffer, base: Base): ModbusPdu {
  if (pdu.length === 5)
    return { ...base, kind: 'read-request', address: pdu.readUInt16BE(1), count: pdu.readUInt16BE(3) };
  const data = countedData(pdu);
  if (!data || data.length === 0 || data.length % 2 === 1)
    throw misfit(pdu, 'a request has 5, an answer says its size');
  return { ...base, kind: 'registers', data };
}

/** An answer with three bytes of bits looks like a request for address 3xxH, which no meter has; it is taken for the answer. */
function readBits(pdu: Buffer, base: Base): ModbusPdu {
  const data = countedData(pdu);
  if (data && data.length > 0) return { ...base, kind: 'bits', data };
  if (pdu.length !== 5) throw misfit(pdu, 'a request has 5, an answer says its size');
  return { ...base, kind: 'read-request', address: pdu.readUInt16BE(1), count: pdu.readUInt16BE(3) };
}

function readWrite(pdu: Buffer, base: Base): ModbusPdu {
  if (pdu.length < 5) throw misfit(pdu, 'a write of many has at least 5');
  const address = pdu.readUInt16BE(1);
  const count = pdu.readUInt16BE(3);
  if (pdu.length === 5) return { ...base, kind: 'write-reply', address, count };
  const data = pdu.subarray(6);
  if (pdu.readUInt8(5) !== data.length) throw misfit(pdu, `its count says ${pdu.readUInt8(5)} bytes of data`);
  return { ...base, kind: 'write-request', address, count, data };
}

const misfit = (pdu: Buffer, expected: string): FrameError =>
  new FrameError('frame-content', `Function ${pdu.readUInt8(0)} with ${pdu.length} bytes: ${expected}.`);
