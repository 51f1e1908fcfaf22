import { z } from 'zod';
import { Day } from '../../lib/day.ts';
import { InstantQuery } from '../../lib/shapes.ts';

export const ForecastQuery = z.strictObject({
  medium: z.enum(['electricity', 'water', 'gas', 'heat']).default('electricity'),
  /** The forecast as it was made then: from what was known, to the ends of that day, month and year. Default: now. */
  knownOn: InstantQuery.optional(),
});

const Accuracy = z.object({ meanAbsoluteShare: z.number(), bias: z.number() });
const Horizon = z.object({
  from: Day,
  to: Day,
  soFar: z.number(),
  /** Null: too little is known for a forecast. */
  forecast: z
    .object({
      value: z.number(),
      low: z.number(),
      high: z.number(),
      method: z.enum(['holt-winters', 'last-year', 'naive']),
      /** The last week again and again: what any model must beat. */
      naive: z.number(),
      backTest: z.object({ origins: z.int(), model: Accuracy, naive: Accuracy }),
      filledDays: z.int(),
      basisDays: z.int(),
    })
    .nullable(),
});
export const Forecasts = z.object({
  unit: z.string(),
  /** Days of main meters that were not wholly known and were left out. */
  atLeast: z.boolean(),
  day: Horizon,
  month: Horizon,
  year: Horizon,
});
