import { z } from 'zod';
import { Coverage, Instant } from '../../lib/shapes.ts';
import { Energy } from '../consumption/schema.ts';

const HourOfCity = Energy.extend({ start: Instant });

export const City = z.object({
  /** Time of the newest reading: the figures know nothing later. Without readings: this minute. */
  asOf: Instant,
  /** Figures withheld, and why: the caller may not read the single institutions, and they are too few to hide one another. */
  suppressed: z.object({ reason: z.literal('small-group'), fewerThan: z.int() }).nullable(),
  powerKw: z.number().nullable(),
  powerMeters: z.object({ reporting: z.int(), total: z.int() }),
  today: Energy.extend({ unit: z.string() }),
  /** Up to the same time of day; the running hour in proportion. */
  yesterdaySameHours: Energy,
  yesterday: Energy,
  institutions: z.object({ registered: z.int(), metered: z.int() }),
  gateways: z.object({ online: z.int(), total: z.int() }),
  /** Readings that gateways hold and have not delivered, as they last said. */
  outboxReadings: z.int(),
  completenessToday: Coverage,
  /** Back-fill of the simulated history; null when there is none. */
  history: z.object({ done: z.number(), total: z.number(), running: z.boolean() }).nullable(),
  hours: z.object({ today: z.array(HourOfCity), yesterday: z.array(HourOfCity) }),
});
