import { hourStart } from '@ganzhi/schemas';
import { z } from 'zod';
import { Day } from '../../lib/day.ts';
import { Instant, InstantQuery, text } from '../../lib/shapes.ts';

const Station = z.string().regex(/^[A-Za-z0-9-]{2,32}$/, 'letters, digits and hyphens, 2 to 32');
/** °C; what no weather of this climate reaches is a slip. */
export const Celsius = z.number().min(-30).max(50);
const source = text(100).min(1);

export const Temperatures = z.strictObject({
  station: Station.default('58343'),
  /** Where the figures come from. */
  source,
  hours: z
    .array(
      z.strictObject({
        hour: InstantQuery.refine((at) => at === hourStart(at), 'write a whole hour'),
        meanC: Celsius,
        /** It may still change: a final value replaces it, never the other way round. */
        provisional: z.boolean().default(false),
      }),
    )
    .min(1)
    .max(1_000),
});
export const TemperatureImport = z.strictObject({
  station: Station.default('58343'),
  source,
  format: z.enum(['csv', 'xlsx']),
  /** Base64 of a file with the columns 时间, 温度 (hour, temperature). */
  content: z.string().max(5_600_000),
  preview: z.boolean().default(true),
});
export const Stored = z.object({
  rows: z.int(),
  /** New or different from what was known. */
  written: z.int(),
  errors: z.array(z.object({ line: z.int(), column: z.string(), zh: z.string(), en: z.string() })),
});

/** Default: the running month. */
export const DegreeDayQuery = z.strictObject({
  station: Station.default('58343'),
  from: Day.optional(),
  to: Day.optional(),
});
export const DegreeDays = z.object({
  station: z.string(),
  from: Day,
  to: Day,
  heatingBaseC: z.number(),
  coolingBaseC: z.number(),
  heating: z.number(),
  cooling: z.number(),
  /** Days with fewer than 20 hours: the sums lack them. */
  missingDays: z.int(),
  items: z.array(
    z.object({
      day: Day,
      meanC: z.number().nullable(),
      heating: z.number().nullable(),
      cooling: z.number().nullable(),
      hours: z.int(),
      /** Some of its hours may still change. */
      provisional: z.boolean(),
    }),
  ),
});

/** How pulling from weather services fares. */
export const Feeds = z.object({
  items: z.array(
    z.object({
      station: z.string(),
      /** Host of the service. */
      source: z.string(),
      lastOkAt: Instant.nullable(),
      lastFailedAt: Instant.nullable(),
      /** Since the last success; the pause doubles with each, to an hour at most. */
      failures: z.int(),
      reason: z.string().nullable(),
    }),
  ),
});
