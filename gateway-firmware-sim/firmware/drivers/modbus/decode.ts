import type { ModbusPoint } from '@ganzhi/schemas';
import { applyScale } from '../scale.ts';

/** Registers (16 bit) a type takes. */
export const WORDS = { u16: 1, i16: 1, u32: 2, i32: 2, f32: 2, u64: 4, i64: 4, f64: 4 } as const;

/**
 * The value of one point from its registers as they came over the wire.
 *
 * @param point template point: type, word order, scale, sentinels
 * @param wire exactly the point's registers, two bytes each
 * @returns value in the quantity's unit, or undefined when the meter says "no value" (sentinel, NaN, infinity)
 */
export function decodePoint(point: ModbusPoint, wire: Buffer): number | string | undefined {
  if (point.sentinels.includes(wire.toString('hex').toUpperCase())) return undefined;
  const raw = rawValue(point.type, toBigEndian(wire, point.wordOrder));
  return typeof raw === 'number' && !Number.isFinite(raw) ? undefined : applyScale(raw, point.scale);
}

/** Wire bytes in the order ABCD; the four orders generalise to 64 bit (words reversed, bytes in a word swapped). */
export function toBigEndian(wire: Buffer, order: ModbusPoint['wordOrder']): Buffer {
  const bytes = Buffer.from(wire);
  if (order === 'BADC' || order === 'CDAB') bytes.swap16();
  if (order === 'CDAB' || order === 'DCBA') bytes.reverse();
  return bytes;
}

function rawValue(type: ModbusPoint['type'], bytes: Buffer): bigint | number {
  switch (type) {
    case 'u16':
      return BigInt(bytes.readUInt16BE());
    case 'i16':
      return BigInt(bytes.readInt16BE());
    case 'u32':
      return BigInt(bytes.readUInt32BE());
    case 'i32':
      return BigInt(bytes.readInt32BE());
    case 'u64':
      return bytes.readBigUInt64BE();
    case 'i64':
      return bytes.readBigInt64BE();
    case 'f32':
      return shortestFloat32(bytes.readFloatBE());
    case 'f64':
      return bytes.readDoubleBE();
  }
}

/**
 * The shortest decimal that is this float32 (12345.67, not 12345.669921875): the digits the meter's display shows.
 * Nine significant digits always suffice (IEEE 754).
 */
function shortestFloat32(value: number): number {
  for (let digits = 6; digits < 9; digits += 1) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return Number.isFinite(value) ? Number(value.toPrecision(9)) : value;
}
