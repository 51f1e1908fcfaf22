import { shanghaiText } from '@ganzhi/schemas';
import { lowFirstBytes, lowFirstDigits } from './hex.ts';

const SIGN = 0x80;

/**
 * Count of a binary-coded decimal sent low byte first; undefined when a nibble is no digit, which is how meters say "no value".
 *
 * @param signed bit 7 of the highest byte is a minus sign (DL/T 645-2007 annex A, currents and powers)
 */
export function bcdCount(bytes: Uint8Array, signed = false): bigint | undefined {
  const copy = Uint8Array.from(bytes);
  const top = copy.length - 1;
  const high = copy[top] ?? 0;
  const negative = signed && (high & SIGN) !== 0;
  if (negative) copy[top] = high & ~SIGN;
  const digits = lowFirstDigits(copy);
  if (!/^\d+$/.test(digits)) return undefined;
  return negative ? -BigInt(digits) : BigInt(digits);
}

/**
 * Bytes of a count as binary-coded decimal, low byte first.
 *
 * @throws RangeError when the count does not fit: the caller's mistake, never the wire's
 */
export function toBcd(count: bigint, bytes: number, signed = false): Buffer {
  const digits = (count < 0n ? -count : count).toString().padStart(bytes * 2, '0');
  const out = lowFirstBytes(digits);
  const top = out[bytes - 1] ?? 0;
  if (digits.length > bytes * 2 || (signed && top & SIGN) || (count < 0n && !signed)) {
    throw new RangeError(`${count} does not fit in ${bytes} bytes of BCD`);
  }
  if (count < 0n) out[bytes - 1] = top | SIGN;
  return out;
}

/**
 * A meter's wall time, fields in BCD, as RFC 3339 of Asia/Shanghai; undefined when a field is no number or the date does
 * not exist (meters without a clock send zeros or FF).
 */
export function meterTime(fields: {
  year: number;
  month: number;
  day: number;
  hour?: number;
  minute?: number;
  second?: number;
}): string | undefined {
  const wanted = [fields.year, fields.month, fields.day, fields.hour ?? 0, fields.minute ?? 0, fields.second ?? 0].map(
    bcdNumber,
  );
  if (wanted.some((part) => part === undefined)) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = wanted;
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const same =
    year >= 2000 &&
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  return same ? `${date.toISOString().slice(0, 19)}+08:00` : undefined;
}

/** 0x2015 read as 2015; undefined when a nibble is no digit. */
function bcdNumber(packed: number): number | undefined {
  const digits = packed.toString(16);
  return /^\d+$/.test(digits) ? Number(digits) : undefined;
}

/** `ss mm hh DD MM YY` of an instant in Asia/Shanghai, as broadcast time synchronisation sends it. */
export function clockBytes(t: number): Buffer {
  const digits = shanghaiText(t).replace(/\D/g, '').slice(2, 14);
  return lowFirstBytes(digits);
}
