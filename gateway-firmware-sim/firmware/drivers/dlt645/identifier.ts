/** How a data item is laid out; all fields low byte first. */
export type ItemFormat =
  /** Decimal digits with `decimals` places. */
  | 'number'
  /** The same with bit 7 of the highest byte as minus sign. */
  | 'signed'
  /** Maximum demand: three bytes, then its time YYMMDDhhmm. */
  | 'demand'
  /** YYMMDDhhmm. */
  | 'minute'
  /** YYMMDD and weekday, 0 = Sunday. */
  | 'date'
  /** hhmmss. */
  | 'time'
  /** MMDDhhmm without a year (1997). */
  | 'month-minute'
  /** A number used as a name. */
  | 'digits'
  /** ASCII. */
  | 'text'
  /** Status word, shown in hex. */
  | 'bits';

/** One line of the identifier tables. */
export interface DataItem {
  /** Eight hex digits DI3..DI0 (2007), or four DI1 DI0 (1997). */
  readonly di: string;
  readonly zh: string;
  readonly en: string;
  readonly bytes: number;
  readonly format: ItemFormat;
  readonly decimals: number;
  /** Empty for times, names and status words. */
  readonly unit: string;
  /** Wire code of schemas' quantities, where the item is one. */
  readonly quantity?: string;
  /** The answer repeats the item for total, tariff 1, tariff 2 … as long as bytes last (frozen energies). */
  readonly repeatsByTariff?: boolean;
}

/** A table row in one line. */
export function item(
  di: string,
  zh: string,
  en: string,
  [bytes, decimals, unit = '', format = 'number']: readonly [number, number, string?, ItemFormat?],
  more: Pick<DataItem, 'quantity' | 'repeatsByTariff'> = {},
): DataItem {
  return { di, zh, en, bytes, decimals, unit, format, ...more };
}

/** Names of tariffs as the meter's setup usually has them: 尖 峰 平 谷. */
const TARIFFS = [
  ['费率1(尖)', 'tariff 1 (sharp)'],
  ['费率2(峰)', 'tariff 2 (peak)'],
  ['费率3(平)', 'tariff 3 (flat)'],
  ['费率4(谷)', 'tariff 4 (valley)'],
] as const;

/** The item of one tariff, derived from the total's row; a tariff is never the quantity that the total is. */
export function tariffOf(total: DataItem, tariff: number, di: string): DataItem {
  const { quantity: _, repeatsByTariff: __, ...shape } = total;
  const [zh, en] = TARIFFS[tariff - 1] ?? [`费率${tariff}`, `tariff ${tariff}`];
  return { ...shape, di, zh: `${total.zh} ${zh}`, en: `${total.en}, ${en}` };
}

/** An item of an earlier settlement or freeze, derived from the current one's row. */
export function pastOf(current: DataItem, back: number, di: string, kind: { zh: string; en: string }): DataItem {
  const { quantity: _, ...shape } = current;
  return { ...shape, di, zh: `${current.zh} (上${back}${kind.zh})`, en: `${current.en} (${kind.en} ${back} back)` };
}

/**
 * Members of a block, which starts at 0 (total) or 1 (phase A), as many as `bytes` of answer hold; undefined when there is
 * no such family.
 */
export function membersOf(member: (index: number) => DataItem | undefined, bytes: number): DataItem[] | undefined {
  const members: DataItem[] = [];
  for (let index = member(0) ? 0 : 1, left = bytes; left > 0; index += 1) {
    const next = member(index);
    if (!next) break;
    members.push(next);
    left -= next.bytes;
  }
  return members.length > 0 ? members : undefined;
}

/** Indexes rows; an identifier that stands twice throws. */
export function indexItems(rows: readonly DataItem[]): ReadonlyMap<string, DataItem> {
  const byDi = new Map(rows.map((row) => [row.di, row]));
  if (byDi.size !== rows.length) throw new Error('DL/T 645 table: an identifier stands twice');
  return byDi;
}
