import { GanzhiError, quantityByCode } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { FrameError, spacedHex, toBcd } from '../../frame/wire/index.ts';
import {
  addressAnswers,
  buildRead,
  buildReadAddress,
  buildReadNext,
  buildTimeSync,
  createDlt645Parser,
  decodeDlt645,
  encodeDlt645,
  errorBits,
  findItem,
  ITEMS_1997,
  ITEMS_2007,
  joinParts,
  readMessage,
  readValues,
} from './index.ts';

const ADDRESS = '000000123456';
const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

test('requests are the bytes that the handbook and public captures show', () => {
  const read = buildRead({ address: '123456', di: '00010000', preamble: 0 });
  expect(spacedHex(read)).toBe('68 56 34 12 00 00 00 68 11 04 33 33 34 33 4E 16');
  expect(spacedHex(buildReadAddress({ preamble: 0 }))).toBe('68 AA AA AA AA AA AA 68 13 00 DF 16');
  const old = buildRead({ address: '010003635927', di: '9010', preamble: 0 });
  expect(spacedHex(old)).toBe('68 27 59 63 03 00 01 68 01 02 43 C3 C0 16');
  const sync = buildTimeSync(Date.parse('2017-06-05T10:22:51+08:00'), { preamble: 0 });
  expect(spacedHex(sync)).toBe('68 99 99 99 99 99 99 68 08 06 84 55 43 38 39 4A 4B 16');
});

test.each([0, 1, 4])('%i waking bytes go in front and are taken off again', (preamble) => {
  const frame = buildRead({ address: ADDRESS, di: '00010000', preamble });
  expect(frame.subarray(0, preamble)).toEqual(Buffer.alloc(preamble, 0xfe));
  expect(decodeDlt645(frame)).toMatchObject({ address: ADDRESS, control: 0x11 });
});

test('a follow-up request counts its part in 2007 and not in 1997', () => {
  const next = decodeDlt645(buildReadNext({ address: ADDRESS, di: '0001FF00', sequence: 2 }));
  expect(next).toMatchObject({ control: 0x12, data: bytes('00 FF 01 00 02') });
  expect(readMessage(next)).toMatchObject({ kind: 'request', di: '0001FF00', sequence: 2 });
  expect(decodeDlt645(buildReadNext({ address: ADDRESS, di: '901F', sequence: 2 }))).toMatchObject({
    control: 0x02,
    data: bytes('1F 90'),
  });
});

test.each([
  ['123', 'x', 'no data identifier'],
  ['12345678901234', '00010000', 'no meter address'],
  ['12AB', '00010000', 'no meter address'],
])('address %s with identifier %s cannot be sent: %s', (address, di, words) => {
  expect(() => buildRead({ address, di })).toThrow(GanzhiError);
  expect(() => buildRead({ address, di })).toThrow(words);
});

test('a wildcard is answered by any meter, a full address by that meter only', () => {
  expect(addressAnswers('AAAAAAAAAAAA', ADDRESS)).toBe(true);
  expect(addressAnswers('AAAAAAAA3456', ADDRESS)).toBe(true);
  expect(addressAnswers('AAAAAAAA3457', ADDRESS)).toBe(false);
  expect(addressAnswers('123456', ADDRESS)).toBe(true);
  expect(addressAnswers('123457', ADDRESS)).toBe(false);
});

const part = (control: number, data: string) => readMessage({ address: ADDRESS, control, data: bytes(data) });
const FIRST = part(0xb1, '00 FF 01 00 67 45');
const MIDDLE = part(0xb2, '00 FF 01 00 23 01 00 10 01');
const LAST = part(0x92, '00 FF 01 00 00 00 02');

test('an answer in parts is joined and then read', () => {
  expect(FIRST.control.more).toBe(true);
  const { di, payload } = joinParts([FIRST, MIDDLE, LAST]);
  expect(readValues(di, payload)).toMatchObject([{ value: 12345.67 }, { value: 10 }]);
});

test.each([
  ['one is missing', [FIRST, LAST]],
  ['two are swapped', [FIRST, LAST, MIDDLE]],
  ['the last says that more follows', [FIRST, MIDDLE]],
  ['nothing came', []],
  ['one is a refusal', [FIRST, part(0xd2, '02')]],
])('parts are refused when %s', (_, parts) => {
  expect(() => joinParts(parts)).toThrow(FrameError);
});

test.each([
  ['2007', 0b0000_0010, ['no-data']],
  ['2007', 0b0111_1101, ['other', 'password', 'baud', 'year-slots', 'day-slots', 'tariffs']],
  ['1997', 0b0000_0011, ['invalid-data', 'identifier']],
  ['2007', 0, []],
] as const)('error byte of %s: %i', (version, byte, names) => {
  expect(errorBits(byte, version).map(({ name }) => name)).toEqual(names);
});

test('a 1997 meter refuses with C1', () => {
  expect(part(0xc1, '02')).toMatchObject({
    kind: 'refused',
    control: { version: '1997' },
    reasons: [{ name: 'identifier' }],
  });
});

test.each([
  ['an answer without an identifier', 0x91, '00 00'],
  ['a refusal without its byte', 0xd1, ''],
  ['an address of five bytes', 0x93, '01 02 03 04 05'],
  ['a time of five bytes', 0x08, '01 02 03 04 05'],
])('%s is refused', (_, control, data) => {
  expect(() => part(control, data)).toThrow(FrameError);
});

test.each([
  ['00010000', '67 45 23'],
  ['0201FF00', '01 22 02'],
  ['02010100', '01 22 00'],
])('%s with data of another size is refused', (di, data) => {
  expect(() => readValues(di, bytes(data))).toThrow(/takes \d+ bytes/);
});

test.each([
  ['02030000', '56 34 92', -12.3456],
  ['02030000', 'FF FF FF', undefined],
  ['00000000', '01 00 00 80', -0.01],
  ['00010000', '01 00 00 80', 800000.01],
  ['00010000', 'FF FF FF FF', undefined],
  ['02060000', '00 90', -1],
  ['02800002', '98 49', 49.98],
  ['02800007', '55 82', -25.5],
  ['04000306', '40 00 00', 40],
  ['04000101', '01 15 05 26', '2026-05-15'],
  ['04000102', '59 30 23', '23:30:59'],
  ['04000102', '59 30 24', undefined],
  ['04000402', '56 34 12 00 00 00', '000000123456'],
  ['04000501', '10 00', '0010'],
  ['05060001', '00 00 15 05 26', '2026-05-15T00:00:00+08:00'],
  ['05060001', '00 00 30 02 26', undefined],
  ['00010001', '67 45 23 01', 12345.67],
  ['00013F00', '67 45 23 01', 12345.67],
  ['B010', '01 22 11 05', '05-11 22:01'],
  ['B650', '01 05', 0.501],
  ['9012', '67 45 23 01', 12345.67],
] as const)('%s of %s is %s', (di, data, value) => {
  expect(readValues(di, bytes(data))).toMatchObject([{ value }]);
});

test('a maximum demand comes with its time', () => {
  expect(readValues('01010000', bytes('56 34 12 30 14 20 07 25'))).toMatchObject([
    { value: 12.3456, at: '2025-07-20T14:30:00+08:00', item: { unit: 'kW' } },
  ]);
});

test.each([
  [4, [1]],
  [20, [1, 2, 3, 4, 5]],
])('a daily freeze of %i bytes is the total, then the tariffs there are', (size, values) => {
  const data = Buffer.concat(values.map((value) => toBcd(BigInt(value * 100), 4)));
  expect(data).toHaveLength(size);
  expect(readValues('05060101', data)?.map(({ value }) => value)).toEqual(values);
});

test.each(['04990101', '0205FE00', '00014000', '0001000D', 'B699'])('identifier %s is not in the tables', (di) => {
  expect(findItem(di)).toBeUndefined();
  expect(readValues(di, bytes('00 00 00 00'))).toBeUndefined();
});

const HANDBOOK = [
  ...['00000000', '00010000', '00020000', '00010100', '00010200', '00010300', '00010400', '00030000', '00040000'],
  ...['02010100', '02010200', '02010300', '02020100', '02020200', '02020300', '02030000', '02040000', '02060000'],
  ...['02800002', '01010000', '04000101', '04000102', '04000306', '04000307', '05060101', '9010', 'B611'],
];
test.each(HANDBOOK)('the handbook names %s', (di) => expect(findItem(di)).toBeDefined());

test.each([...ITEMS_2007.values(), ...ITEMS_1997.values()])('$di $zh is a sound row', (item) => {
  expect(item.di).toMatch(/^([0-9A-F]{4}){1,2}$/);
  expect(item.bytes).toBeGreaterThan(0);
  expect(item.zh).not.toBe('');
  if (item.quantity) expect(item.unit).toBe(quantityByCode(item.quantity)?.unit);
});

test('00010000 is what the customer takes from the grid, 00020000 what goes back (a public decoder has them swapped)', () => {
  expect(findItem('00010000')?.quantity).toBe('energy.import');
  expect(findItem('00020000')?.quantity).toBe('energy.export');
});

test('the parser counts what it refuses, by name, and gives the frame behind it', () => {
  const good = encodeDlt645({ address: ADDRESS, control: 0x91, data: bytes('00 00 01 00 67 45 23 01') });
  const wrongSum = Buffer.from(good);
  wrongSum[wrongSum.length - 2] = 0;
  const wrongEnd = Buffer.from(good);
  wrongEnd[wrongEnd.length - 1] = 0;
  const tooLong = Buffer.from('68 56 34 12 00 00 00 68 91 FF'.replaceAll(' ', ''), 'hex');
  const parser = createDlt645Parser();
  const line = Buffer.concat([Buffer.from([1, 2, 3]), wrongSum, wrongEnd, tooLong, good]);
  expect([...parser.push(line), ...parser.end()]).toHaveLength(1);
  const errors = parser.counters.errors;
  expect(errors).toMatchObject({ 'frame-checksum': 1, 'frame-end': 1, 'frame-length': 1 });
  expect(parser.counters.frames).toBe(1);
  expect(parser.push(good.subarray(0, 15))).toEqual([]);
  expect(parser.end()).toEqual([]);
  expect(parser.counters.errors['frame-short']).toBeGreaterThan(0);
  expect(parser.heldBytes).toBe(0);
});
