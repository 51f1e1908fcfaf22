import { MODBUS_TYPES, ModbusPoint, WORD_ORDERS } from '@ganzhi/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePoint } from '../../../city/servers/encode.ts';
import { decodePoint } from './decode.ts';

const point = (fields: Partial<ModbusPoint>): ModbusPoint =>
  ModbusPoint.parse({ quantity: 'voltage.a', decimals: 1, fc: 3, address: 0, type: 'f32', manual: 'test', ...fields });
const wire = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

test('230.2 V in the four word orders (domain test vector 17 for ABCD and CDAB)', () => {
  expect(decodePoint(point({ wordOrder: 'ABCD' }), wire('43 66 33 33'))).toBe(230.2);
  expect(decodePoint(point({ wordOrder: 'CDAB' }), wire('33 33 43 66'))).toBe(230.2);
  expect(decodePoint(point({ wordOrder: 'BADC' }), wire('66 43 33 33'))).toBe(230.2);
  expect(decodePoint(point({ wordOrder: 'DCBA' }), wire('33 33 66 43'))).toBe(230.2);
});

test('a 64-bit counter in Wh becomes kWh, and keeps its digits beyond 2^53', () => {
  const counter = point({ quantity: 'energy.import', type: 'i64', scale: 0.001, decimals: 3 });
  expect(decodePoint(counter, wire('00 00 00 00 00 BC 61 4E'))).toBe(12345.678);
  expect(decodePoint(counter, wire('7F FF FF FF FF FF FF FF'))).toBe('9223372036854775.807');
});

test('signed and unsigned differ', () => {
  expect(decodePoint(point({ type: 'i16', scale: 0.001 }), wire('FF FF'))).toBe(-0.001);
  expect(decodePoint(point({ type: 'u16' }), wire('FF FF'))).toBe(65_535);
  expect(decodePoint(point({ type: 'i32', scale: 0.01 }), wire('FF FF FF 9C'))).toBe(-1);
});

test('sentinels, NaN and infinity mean "no value", never zero', () => {
  expect(decodePoint(point({ type: 'i32', sentinels: ['7FFFFFFF'] }), wire('7F FF FF FF'))).toBeUndefined();
  expect(decodePoint(point({ type: 'u16', sentinels: ['8000'] }), wire('80 00'))).toBeUndefined();
  expect(decodePoint(point({}), wire('7F C0 00 00'))).toBeUndefined();
  expect(decodePoint(point({}), wire('7F 80 00 00'))).toBeUndefined();
});

test('any value survives the simulated meter and the decoder, in every type and order', () => {
  const arbitrary = fc.record({
    type: fc.constantFrom(...MODBUS_TYPES),
    wordOrder: fc.constantFrom(...WORD_ORDERS),
    raw: fc.integer({ min: 0, max: 32_767 }),
    scale: fc.constantFrom(1, 0.1, 0.01, 0.001),
  });
  fc.assert(
    fc.property(arbitrary, ({ type, wordOrder, raw, scale }) => {
      const p = point({ type, wordOrder, scale });
      const value = Number((raw * scale).toFixed(3));
      expect(Number(decodePoint(p, encodePoint(p, value)))).toBeCloseTo(value, 3);
    }),
  );
});
