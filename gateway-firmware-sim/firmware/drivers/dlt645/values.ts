import { toNumber } from '@ganzhi/schemas';
import { bcdCount, FrameError, lowFirstDigits, meterTime } from '../../frame/wire/index.ts';
import { type DataItem, tariffOf } from './identifier.ts';
import { block1997, item1997 } from './identifiers-1997.ts';
import { block2007, item2007 } from './identifiers-2007.ts';

/** One item of an answer. */
export interface Dlt645Value {
  item: DataItem;
  /** In the item's unit; a text for times and names; undefined when the meter says "no value" (nibbles that are no digits). */
  value: number | string | undefined;
  /** When a maximum demand occurred. */
  at?: string;
}

/** The item of an identifier of either edition, told apart by its length. */
export const findItem = (di: string): DataItem | undefined => (di.length === 4 ? item1997(di) : item2007(di));

/**
 * The values in the data of an answer: one item, a block, or a frozen energy with its tariffs.
 *
 * @param di eight hex digits (2007) or four (1997)
 * @param data what follows the identifier
 * @returns undefined when the identifier is not in the tables (the caller still has the bytes)
 * @throws FrameError `frame-content` when the data have another size than the identifier demands
 */
export function readValues(di: string, data: Uint8Array): Dlt645Value[] | undefined {
  const items = itemsFor(di, data.length);
  if (!items) return undefined;
  const wanted = items.reduce((sum, { bytes }) => sum + bytes, 0);
  if (wanted !== data.length) {
    throw new FrameError('frame-content', `${di} takes ${wanted} bytes; the answer has ${data.length}.`);
  }
  let from = 0;
  return items.map((item) => {
    const field = data.subarray(from, from + item.bytes);
    from += item.bytes;
    return { item, ...readItem(item, field) };
  });
}

function itemsFor(di: string, bytes: number): DataItem[] | undefined {
  const block = di.length === 4 ? block1997(di, bytes) : block2007(di, bytes);
  if (block) return block;
  const single = findItem(di);
  if (!single) return undefined;
  if (!single.repeatsByTariff || bytes % single.bytes !== 0) return [single];
  const tariffs = Math.max(1, bytes / single.bytes) - 1;
  return [single, ...Array.from({ length: tariffs }, (_, index) => tariffOf(single, index + 1, di))];
}

function readItem(item: DataItem, field: Uint8Array): Pick<Dlt645Value, 'value' | 'at'> {
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0] = field;
  switch (item.format) {
    case 'number':
    case 'signed':
      return { value: decimal(field, item, item.format === 'signed') };
    case 'demand': {
      const [minute = 0, hour = 0, day = 0, month = 0, year = 0] = field.subarray(3);
      const at = meterTime({ year: 0x2000 + year, month, day, hour, minute });
      return { value: decimal(field.subarray(0, 3), item, true), ...(at ? { at } : {}) };
    }
    case 'minute':
      return { value: meterTime({ year: 0x2000 + b4, month: b3, day: b2, hour: b1, minute: b0 }) };
    case 'date':
      return { value: meterTime({ year: 0x2000 + b3, month: b2, day: b1 })?.slice(0, 10) };
    case 'time':
      return { value: clockText([b2, b1, b0], [24, 60, 60], ':') };
    case 'month-minute':
      return { value: monthMinute(b3, b2, b1, b0) };
    case 'digits': {
      const digits = lowFirstDigits(field);
      return { value: /^\d+$/.test(digits) ? digits : undefined };
    }
    case 'text':
      return { value: asciiText(field) };
    case 'bits':
      return { value: lowFirstDigits(field) };
  }
}

function decimal(field: Uint8Array, { decimals }: DataItem, signed: boolean): number | undefined {
  const count = bcdCount(field, signed);
  return count === undefined ? undefined : toNumber(count, decimals);
}

/** Two-digit BCD fields below their limits, joined; undefined when one is out of range. */
function clockText(fields: readonly number[], limits: readonly number[], joint: string): string | undefined {
  const texts = fields.map((field) => field.toString(16).padStart(2, '0'));
  const sound = texts.every((text, index) => /^\d\d$/.test(text) && Number(text) < (limits[index] ?? 0));
  return sound ? texts.join(joint) : undefined;
}

/** `05-11 22:01`: the 1997 edition gives no year. */
function monthMinute(month: number, day: number, hour: number, minute: number): string | undefined {
  const date = month > 0 && day > 0 ? clockText([month, day], [13, 32], '-') : undefined;
  const clock = clockText([hour, minute], [24, 60], ':');
  return date && clock ? `${date} ${clock}` : undefined;
}

/** ASCII is sent low byte first too, filled up with zeros; undefined when it is not printable. */
function asciiText(field: Uint8Array): string | undefined {
  const text = Buffer.from(field).reverse().toString('latin1').replaceAll('\0', '').trim();
  return /^[\x20-\x7e]*$/.test(text) ? text : undefined;
}
