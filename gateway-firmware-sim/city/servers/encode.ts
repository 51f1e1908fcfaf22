import type { ModbusPoint } from '@ganzhi/schemas';
import { toBigEndian, WORDS } from '../../firmware/drivers/modbus/decode.ts';

/** Readable registers of one function code: address to 16-bit word. */
export type RegisterImage = Map<number, number>;

/**
 * The registers a meter would show for these values; addresses no point maps to are absent.
 *
 * @param values in the quantity's unit; integers are cut, as a counter shows only what is full
 */
export function registerImage(
  points: readonly ModbusPoint[],
  fc: 3 | 4,
  values: Readonly<Record<string, number>>,
): RegisterImage {
  const image: RegisterImage = new Map();
  for (const point of points) {
    if (point.fc !== fc) continue;
    const wire = encodePoint(point, values[point.quantity] ?? 0);
    for (let word = 0; word < wire.length / 2; word += 1) image.set(point.address + word, wire.readUInt16BE(word * 2));
  }
  return image;
}

/** A value as its registers go over the wire; the inverse of `decodePoint`. */
export function encodePoint(point: ModbusPoint, value: number): Buffer {
  const raw = value / point.scale;
  const bytes = Buffer.alloc(WORDS[point.type] * 2);
  if (point.type === 'f32') bytes.writeFloatBE(raw);
  else if (point.type === 'f64') bytes.writeDoubleBE(raw);
  // A thousandth of a count forgives 1234.56 / 0.01 = 123455.99999999999.
  else writeInteger(bytes, point.type, BigInt(Math.floor(raw + 1e-3)));
  // Each word order is its own inverse.
  return toBigEndian(bytes, point.wordOrder);
}

type IntegerType = Exclude<ModbusPoint['type'], 'f32' | 'f64'>;

function writeInteger(bytes: Buffer, type: IntegerType, whole: bigint): void {
  switch (type) {
    case 'u16':
      bytes.writeUInt16BE(Number(BigInt.asUintN(16, whole)));
      break;
    case 'i16':
      bytes.writeInt16BE(Number(BigInt.asIntN(16, whole)));
      break;
    case 'u32':
      bytes.writeUInt32BE(Number(BigInt.asUintN(32, whole)));
      break;
    case 'i32':
      bytes.writeInt32BE(Number(BigInt.asIntN(32, whole)));
      break;
    case 'u64':
      bytes.writeBigUInt64BE(BigInt.asUintN(64, whole));
      break;
    case 'i64':
      bytes.writeBigInt64BE(BigInt.asIntN(64, whole));
      break;
  }
}
