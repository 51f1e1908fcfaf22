import { MEDIA, type Medium } from '@ganzhi/schemas';
import { z } from 'zod';
import { Coverage, Instant, InstantQuery } from '../../lib/shapes.ts';
import { GRAINS } from './buckets.ts';

export type BookedMedium = Exclude<Medium, 'environment'>;
const BOOKED_MEDIA = MEDIA.filter((medium): medium is BookedMedium => medium !== 'environment');

const span = {
  grain: z.enum(GRAINS).default('day'),
  from: InstantQuery.optional(),
  to: InstantQuery.optional(),
  /** The figures as they were known then; default: as known now. */
  knownOn: InstantQuery.optional(),
};

/** Without `from` and `to`: the last 24 hours, 30 days or 12 months. Both are widened to whole buckets. */
export const ConsumptionQuery = z.strictObject({ ...span, medium: z.enum(BOOKED_MEDIA).default('electricity') });
export const MeterConsumptionQuery = z.strictObject(span);

/** Energy of a span: null where nothing is known, and then `coverage` says how much was due. */
export const Energy = z.object({ consumption: z.number().nullable(), coverage: Coverage });

export const Bucket = Energy.extend({
  start: Instant,
  end: Instant,
  /** Part of the consumption that is certain for this bucket, but whose hours are not known. */
  undistributed: z.number(),
  /** Waits for a decision; not part of the consumption. */
  disputed: z.number(),
  state: z.enum(['full', 'partial', 'gap']),
});

export const Consumption = z.object({
  unit: z.string(),
  grain: z.enum(GRAINS),
  from: Instant,
  to: Instant,
  total: Energy.extend({
    /** True when more may have been used than is known; `missing` names the meters. */
    atLeast: z.boolean(),
    missing: z.array(z.string()),
  }),
  /** Registers up to here are in the figures, of every meter; null: one has never told any. Always as of now. */
  watermark: Instant.nullable(),
  /** Every bucket that has begun and is due. */
  items: z.array(Bucket),
});

export const Span = z.object({
  from: Instant,
  to: Instant,
  class: z.enum(['undistributed', 'disputed']),
  energy: z.number(),
  evidence: z.record(z.string(), z.unknown()),
});

export const MeterConsumption = Consumption.extend({ spans: z.array(Span) });
