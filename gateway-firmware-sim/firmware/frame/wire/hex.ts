import { FrameError } from './frame-error.ts';

/** More than any protocol's frame, less than what would hurt. */
const MAX_TEXT = 1 << 20;

/**
 * Bytes of a text as a technician pastes it: blanks, commas, lower or upper case, `0x` before the whole or each byte.
 *
 * @throws FrameError `frame-hex`, `frame-empty`, or `frame-long` beyond a million characters
 */
export function parseHex(text: string): Buffer {
  if (text.length > MAX_TEXT) throw new FrameError('frame-long', `${text.length} characters are no single frame.`);
  const digits = text
    .split(/[\s,]+/)
    .map((word) => word.replace(/^0x/i, ''))
    .join('');
  if (digits === '') throw new FrameError('frame-empty', 'There are no bytes.');
  const foreign = /[^0-9a-f]/i.exec(digits);
  if (foreign) throw new FrameError('frame-hex', `"${foreign[0]}" is not a hexadecimal digit.`);
  if (digits.length % 2 === 1) {
    throw new FrameError('frame-hex', `${digits.length} digits: a byte takes two, so one is missing or too many.`);
  }
  return Buffer.from(digits, 'hex');
}

/** `68 10 AA`: bytes as people write them. */
export const spacedHex = (bytes: Uint8Array): string => Array.from(bytes, hexByte).join(' ');

/** `0A`: one byte. */
export const hexByte = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0');

/** Digits of a field that is sent low byte first, high byte first: `56 34 12` is `123456`. */
export const lowFirstDigits = (bytes: Uint8Array): string => Array.from(bytes, hexByte).reverse().join('');

/** The inverse of `lowFirstDigits`; `digits` holds two per byte. */
export const lowFirstBytes = (digits: string): Buffer => Buffer.from(Buffer.from(digits, 'hex').reverse());
