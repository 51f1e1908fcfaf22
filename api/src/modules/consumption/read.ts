import { BOOKED_COUNTER, shanghaiText } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { lowest, watermarks } from '../../energy/watermark.ts';
import { wrongField } from '../../errors/refuse.ts';
import { energyNumber, energyOrNull } from '../../lib/energy.ts';
import { bucketCount, bucketsOf, type Grain, type Interval, usualSpan, widened } from './buckets.ts';
import { dueUntil, figuresOf, missingMeters, type SpanFigures, wholeSpans } from './rules.ts';
import type { BookedMedium, Consumption } from './schema.ts';
import { bookedDays, bookedHours, type CountedMeter, ledgerSpans, meterEnds, type SpanRow } from './sql.ts';

/** A leap year of hours. */
const MAX_BUCKETS = 8_784;

/**
 * The span a query means, widened to whole buckets.
 *
 * @throws Refusal `invalid-request` when it is empty or too long
 */
export function wantedSpan(
  query: { grain: Grain; from?: number | undefined; to?: number | undefined },
  now: number,
): Interval {
  const usual = usualSpan(query.grain, query.to ?? now);
  const from = query.from ?? usual.from;
  const to = query.to ?? usual.to;
  if (from >= to) throw wrongField('to', { zh: 'to 必须晚于 from。', en: '"to" must be later than "from".' });
  const span = widened(query.grain, from, to);
  if (bucketCount(query.grain, span) > MAX_BUCKETS) {
    throw wrongField('from', {
      zh: `时段过长：最多 ${MAX_BUCKETS} 个区间，请缩短时段或加大粒度。`,
      en: `The span is too long: ${MAX_BUCKETS} buckets at most; shorten it or take a coarser grain.`,
    });
  }
  return span;
}

export interface ReadFigures extends SpanFigures {
  /** Codes of meters whose energy in the span is not wholly known. */
  missing: string[];
  spans: SpanRow[];
  /** Up to when each meter is current. */
  watermark: string | null;
}

/**
 * Reads the ledger of some meters over a span and judges it as of `now`.
 *
 * @param knownOn the figures as they were known then; default: as they are known now
 */
export async function readFigures(
  db: Db,
  meters: readonly CountedMeter[],
  grain: Grain,
  span: Interval,
  now: number,
  knownOn?: number,
): Promise<ReadFigures> {
  const due = dueUntil(now, Math.max(0, ...meters.map((meter) => meter.intervalS)));
  const [rows, touching, ends, marks] = await Promise.all([
    grain === 'hour' ? bookedHours(db, meters, span, knownOn) : bookedDays(db, meters, grain, span, knownOn),
    ledgerSpans(db, meters, knownOn),
    meterEnds(db, meters, due, knownOn),
    watermarks(
      db,
      meters.map(({ id }) => id),
    ),
  ]);
  const figures = figuresOf({
    buckets: bucketsOf(grain, span),
    rows,
    spans: wholeSpans(touching, meters),
    meterCount: meters.length,
    parts: meters,
    dueUntil: due,
  });
  // a meter that left in mid-span is done with its part
  const last = meters.filter(({ to }) => to >= span.end).map(({ id }) => id);
  return {
    ...figures,
    missing: missingMeters(ends, touching, span),
    spans: touching,
    watermark: lowest(marks, last),
  };
}

/** The answer of the consumption routes. */
export function consumptionAnswer(
  figures: ReadFigures,
  { grain, span, medium }: { grain: Grain; span: Interval; medium: BookedMedium },
): z.infer<typeof Consumption> {
  return {
    unit: BOOKED_COUNTER[medium].unit,
    grain,
    from: shanghaiText(span.start),
    to: shanghaiText(span.end),
    total: {
      consumption: energyOrNull(figures.consumption),
      coverage: figures.coverage,
      atLeast: figures.missing.length > 0,
      missing: figures.missing,
    },
    watermark: figures.watermark,
    items: figures.buckets.map((bucket) => ({
      start: shanghaiText(bucket.start),
      end: shanghaiText(bucket.end),
      consumption: energyOrNull(bucket.consumption),
      coverage: bucket.coverage,
      undistributed: energyNumber(bucket.undistributed),
      disputed: energyNumber(bucket.disputed),
      state: bucket.state,
    })),
  };
}
