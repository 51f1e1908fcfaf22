import { GanzhiError } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { FrameError, spacedHex } from '../../frame/wire/index.ts';
import {
  buildRead188,
  buildReadAddress188,
  decodeCjt188,
  encodeCjt188,
  meterType,
  readMessage188,
  wireUnit,
} from './index.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const ADDRESS = '78330011223344';
const answer = (type: number, data: string) =>
  readMessage188(decodeCjt188(encodeCjt188({ type, address: ADDRESS, control: 0x81, data: bytes(data) })));
const CLOCKLESS = '00 00 00 00 00 00 00 00 00';

test('requests are the bytes that public captures show, in either order of the identifier', () => {
  const low = buildRead188({ type: 0x10, address: ADDRESS, preamble: 0 });
  expect(spacedHex(low)).toBe('68 10 44 33 22 11 00 33 78 01 03 1F 90 00 80 16');
  const high = buildRead188({ type: 0x20, address: '40314132', diOrder: 'high-first', sequence: 1, preamble: 4 });
  expect(spacedHex(high)).toBe('FE FE FE FE 68 20 32 41 31 40 00 00 00 01 03 90 1F 01 20 16');
  expect(decodeCjt188(buildReadAddress188())).toEqual({
    type: 0xaa,
    address: 'AAAAAAAAAAAAAA',
    control: 0x03,
    data: bytes('0A 81 00'),
  });
});

test.each([
  { address: '123456789012345', di: '901F', words: 'no meter address' },
  { address: '1', di: '90', words: 'no identifier' },
])('a request that makes no sense is not sent: $words', ({ address, di, words }) => {
  expect(() => buildRead188({ type: 0x10, address, di })).toThrow(GanzhiError);
  expect(() => buildRead188({ type: 0x10, address, di })).toThrow(words);
});

test.each([
  ['1F 90', 'low-first'],
  ['90 1F', 'high-first'],
])('identifier %s is 901F, %s', (di, diOrder) => {
  const message = answer(0x10, `${di} 07 29 00 00 00 2C 00 00 00 00 2C ${CLOCKLESS}`);
  expect(message).toMatchObject({ kind: 'metering', di: '901F', diOrder, sequence: 7 });
});

/** [type, unit byte, count at two decimals, value shown, quantity, converted] */
test.each([
  [0x10, '2C', '45 23 01 00', 123.45, 'water.volume', undefined],
  [0x11, '29', '45 23 01 00', 123.45, 'water.volume', { value: 0.12345, unit: 'm³' }],
  [0x30, '2C', '45 23 01 00', 123.45, 'gas.volume', undefined],
  [0x31, '2C', '99 99 99 99', 999999.99, 'gas.volume', undefined],
  [0x10, '05', '45 23 01 00', 123.45, undefined, undefined],
] as const)('type %i with unit %s and digits %s', (type, unit, digits, value, quantity, converted) => {
  const message = answer(type, `1F 90 00 ${digits} ${unit} ${digits} ${unit} ${CLOCKLESS}`);
  if (message.kind !== 'metering') throw new Error(message.kind);
  const [current, settled] = message.metering.values;
  expect(current?.value).toBe(value);
  expect(current?.quantity).toBe(quantity);
  expect(current?.converted).toEqual(converted);
  expect(settled).not.toHaveProperty('quantity');
  expect(message.metering).not.toHaveProperty('time');
});

test('digits that are none and units that nobody knows are no value, never zero', () => {
  const message = answer(0x10, `1F 90 00 FF FF FF FF 2C 29 00 00 00 77 ${CLOCKLESS}`);
  expect(message).toMatchObject({
    metering: {
      values: [
        { value: undefined, unit: 'm³' },
        { value: undefined, unit: '?77' },
      ],
    },
  });
});

/** Unit table: one of each is so much in the quantity's unit. */
test.each([
  [0x01, 'J', 1n, 9],
  [0x02, 'Wh', 36n, 7],
  [0x05, 'kWh', 36n, 4],
  [0x08, 'MWh', 36n, 1],
  [0x0e, 'MJ', 1n, 3],
  [0x11, 'GJ', 1n, 0],
  [0x17, 'kW', 1n, 0],
  [0x29, 'L', 1n, 3],
  [0x2c, 'm³', 1n, 0],
  [0x32, 'L/h', 1n, 3],
  [0x35, 'm³/h', 1n, 0],
] as const)('unit %i is %s', (code, unit, factor, shift) => {
  expect(wireUnit(code)).toMatchObject({ unit, factor, shift });
});

test.each([
  ['00 00', 'open', false],
  ['01 00', 'closed', false],
  ['03 00', 'abnormal', false],
  ['02 00', 'unknown', false],
  ['04 00', 'open', true],
  ['25 84', 'closed', true],
])('status %s: valve %s, battery low %s', (status, valve, batteryLow) => {
  const message = answer(0x10, `1F 90 00 29 00 00 00 2C 29 00 00 00 2C 00 00 00 00 00 00 00 ${status}`);
  expect(message).toMatchObject({ metering: { status: { valve, batteryLow, raw: status } } });
});

test('a refusal is told, with the status when there is one', () => {
  const refuse = (data: string) => readMessage188({ type: 0x10, address: ADDRESS, control: 0xc1, data: bytes(data) });
  expect(refuse('00 04 00')).toMatchObject({ kind: 'refused', status: { batteryLow: true } });
  expect(refuse('')).toEqual({ kind: 'refused', control: { name: 'read', fromMeter: true, refused: true } });
});

test.each(['1F 90 00', '1F 90 00 29 00 00 00 2C', '1F'])('an answer with the contents "%s" is refused', (data) => {
  expect(() => answer(0x10, data)).toThrow(FrameError);
});

test('another identifier gives its bytes', () => {
  expect(answer(0x10, '20 D1 05 29 00 00 00 2C')).toMatchObject({
    kind: 'data',
    di: 'D120',
    payload: bytes('29 00 00 00 2C'),
  });
});

test.each([
  [0x10, 'water'],
  [0x13, 'water'],
  [0x18, 'water'],
  [0x20, 'heat'],
  [0x21, 'heat'],
  [0x30, 'gas'],
  [0x40, 'electricity'],
  [0x99, undefined],
])('meter type %i measures %s', (type, medium) => {
  expect(meterType(type).medium).toBe(medium);
});
