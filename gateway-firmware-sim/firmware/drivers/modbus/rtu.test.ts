import { expect, test } from 'vitest';
import { FrameError, type FrameErrorCode } from '../../frame/wire/index.ts';
import { decodeModbus, decodeRtu, decodeTcp, encodeRtu } from './rtu-adu.ts';
import { crc16 } from './rtu-crc.ts';
import { EXCEPTIONS, readPdu } from './rtu-pdu.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const codeOf = (action: () => unknown): FrameErrorCode | undefined => {
  try {
    action();
  } catch (refusal) {
    if (refusal instanceof FrameError) return refusal.code;
    throw refusal;
  }
  return undefined;
};

test('the CRC is the published check value of CRC-16/MODBUS', () => {
  expect(crc16(Buffer.from('123456789'))).toBe(0x4b37);
});

test('an encoded request is the handbook vector', () => {
  expect(encodeRtu(1, bytes('04 00 48 00 02'))).toEqual(bytes('01 04 00 48 00 02 F1 DD'));
});

test.each([
  ['', 'frame-empty'],
  ['01 03 00', 'frame-short'],
  ['01 04 00 48 00 02 F1 DE', 'frame-checksum'],
  ['00'.repeat(257), 'frame-long'],
])('RTU bytes %s are refused: %s', (hex, code) => expect(codeOf(() => decodeRtu(bytes(hex)))).toBe(code));

test.each([
  ['', 'frame-empty'],
  ['00 01 00 00 00 02 01', 'frame-short'],
  ['00 01 00 01 00 06 01 03 00 00 00 02', 'frame-start'],
  ['00 01 00 00 00 07 01 03 00 00 00 02', 'frame-length'],
  ['00'.repeat(261), 'frame-long'],
])('TCP bytes %s are refused: %s', (hex, code) => expect(codeOf(() => decodeTcp(bytes(hex)))).toBe(code));

test('a TCP frame is told from RTU by its header', () => {
  expect(decodeModbus(bytes('00 07 00 00 00 06 11 03 00 6B 00 03'))).toMatchObject({
    transport: 'tcp',
    transaction: 7,
    unit: 0x11,
  });
});

test.each([
  ['03 00 6B 00 03', { kind: 'read-request', name: 'read-holding-registers', address: 0x6b, count: 3 }],
  ['03 06 02 2B 00 00 00 64', { kind: 'registers', data: bytes('02 2B 00 00 00 64') }],
  ['01 00 13 00 13', { kind: 'read-request', name: 'read-coils', count: 0x13 }],
  ['01 03 CD 6B 05', { kind: 'bits', data: bytes('CD 6B 05') }],
  ['05 00 AC FF 00', { kind: 'write', name: 'write-single-coil', address: 0xac, value: 0xff00 }],
  ['06 00 01 00 03', { kind: 'write', address: 1, value: 3 }],
  ['10 00 01 00 02 04 00 0A 01 02', { kind: 'write-request', address: 1, count: 2, data: bytes('00 0A 01 02') }],
  ['10 00 01 00 02', { kind: 'write-reply', address: 1, count: 2 }],
  ['11', { kind: 'other', name: 'report-server-id' }],
  ['83 02', { kind: 'exception', code: 3, exception: 2 }],
])('PDU %s (examples of the Modbus specification V1.1b3)', (hex, meaning) => {
  expect(readPdu(bytes(hex))).toMatchObject(meaning);
});

test.each([
  '',
  '03',
  '03 02 00',
  '03 03 00 00 00 00',
  '04 00',
  '06 00 01',
  '10 00 01',
  '10 00 01 00 02 05 00',
  '83',
  '83 02 00',
])('PDU "%s" does not fit its function', (hex) => expect(codeOf(() => readPdu(bytes(hex)))).toBe('frame-content'));

test('every exception of the specification has a name', () => {
  expect(Object.keys(EXCEPTIONS).map(Number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 10, 11]);
});
