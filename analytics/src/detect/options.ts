import type { Db, Tx } from '@ganzhi/schemas/db';
import type { Thresholds } from '../rules/detect/defaults.ts';
import type { CalendarOverrides } from '../rules/energy/calendar.ts';

/** A pool or a transaction. */
export type Client = Db | Tx;

/** What to look for: each family reads other tables, and one may be asked for more often than another. */
export const FAMILIES = ['registers', 'silence', 'frozen', 'arrival', 'consumption'] as const;
export type Family = (typeof FAMILIES)[number];

export interface DetectOptions {
  /** [fromMs, toMs): findings that touch it. Leaks, ratios and swaps need some weeks of it to know what is usual. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Only meters of these; peers are looked for in the whole city all the same. Left out: all. */
  readonly institutionIds?: readonly number[];
  /** Left out: all. */
  readonly families?: readonly Family[];
  /** Thresholds by type of institution; left out: the handbook's. */
  readonly thresholdsOf?: (typeCode: string) => Thresholds;
  /** Day types recorded by people, which stand above the notices. */
  readonly calendar?: CalendarOverrides;
}
