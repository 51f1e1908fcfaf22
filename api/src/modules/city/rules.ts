import { DAY, dayStart, HOUR } from '@ganzhi/schemas';
import { minuteStart } from '../../lib/time.ts';
import { bucketsOf } from '../consumption/buckets.ts';
import { dueUntil, figuresOf, type LedgerRow, type LedgerSpan, type SpanFigures } from '../consumption/rules.ts';

export interface CityDays {
  today: SpanFigures;
  yesterday: SpanFigures;
  /** Yesterday up to the same time of day. */
  yesterdaySameHours: SpanFigures;
}

export interface CityLedger {
  /** Hours of yesterday and today. */
  rows: readonly LedgerRow[];
  spans: readonly LedgerSpan[];
  mainMeters: number;
  longestIntervalS: number;
}

/**
 * Today against yesterday. For a fair comparison yesterday is cut at the same time of day: whole hours, and the running one
 * in proportion (the ledger itself divides a step evenly over time). The cut moves on by the minute.
 */
export function cityDays({ rows, spans, mainMeters, longestIntervalS }: CityLedger, now: number): CityDays {
  const start = dayStart(now);
  const due = dueUntil(now, longestIntervalS);
  const common = { spans, meterCount: mainMeters, dueUntil: due };
  const day = (from: number): SpanFigures =>
    figuresOf({ ...common, rows, buckets: bucketsOf('hour', { start: from, end: from + DAY }) });

  const cutAt = minuteStart(now) - DAY;
  const buckets = bucketsOf('hour', { start: start - DAY, end: start })
    .filter((bucket) => bucket.start < cutAt)
    .map((bucket) => ({ start: bucket.start, end: Math.min(bucket.end, cutAt) }));
  const cutRows = rows.map((row) =>
    row.start < cutAt && cutAt < row.start + HOUR ? proportion(row, cutAt - row.start) : row,
  );
  return {
    today: day(start),
    yesterday: day(start - DAY),
    yesterdaySameHours: figuresOf({ ...common, rows: cutRows, buckets }),
  };
}

const proportion = (row: LedgerRow, ms: number): LedgerRow => ({
  ...row,
  booked: (row.booked * BigInt(ms)) / BigInt(HOUR),
  coveredS: Math.round((row.coveredS * ms) / HOUR),
});
