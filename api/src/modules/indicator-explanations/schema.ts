import { z } from 'zod';
import { CLASSES } from '../../energy/parts.ts';
import { Day } from '../../lib/day.ts';
import { Id, Instant } from '../../lib/shapes.ts';
import { IndicatorQuery } from '../indicators/schema.ts';

export const INDICATORS = [
  'comprehensive',
  'per-area',
  'per-capita',
  'water-per-capita',
  'carbon',
  'carbon-per-area',
  'power-usage-effectiveness',
] as const;

export const ExplainQuery = IndicatorQuery.extend({ indicator: z.enum(INDICATORS).default('comprehensive') });

/** A version of a factor as it stands on file. */
const Factor = z.object({
  id: Id,
  kind: z.enum(['coefficient', 'density', 'emission']),
  variant: z.string(),
  value: z.string(),
  unit: z.string(),
  validFrom: Day,
  sourceDocument: z.string(),
  recordedBy: z.string(),
  recordedAt: Instant,
});

export const Source = z
  .object({
    /** Where it comes from: a meter, a share of a shared meter, energy passed on (taken off), a bill, an imported series. */
    kind: z.enum(['meter', 'allocation', 'forwarded', 'bill', 'series']),
    /** Of the meter, bill or series. */
    id: Id,
    name: z.string().nullable(),
    class: z.enum(CLASSES),
    quantity: z.number(),
    /** Meters: when it counted here, registers, batches, gateway and error codes further down. */
    from: Day.nullable(),
    to: Day.nullable(),
    /** Next step down: consumption by day, and the explanation of a day with its readings, gateway and error codes. */
    links: z.array(z.string()),
    /** Bills: their document. */
    document: z.string().nullable(),
  })
  .meta({ id: 'IndicatorSource' });

export const IndicatorExplanation = z
  .object({
    institutionId: Id,
    indicator: z.enum(INDICATORS),
    from: Day,
    to: Day,
    /** When its year was closed: the explanation is of what was known then. */
    closedAt: Instant.nullable(),
    formula: z.object({ zh: z.string(), en: z.string() }),
    unit: z.string(),
    value: z.number().nullable(),
    numerator: z.number().nullable(),
    /** Null: the indicator is no ratio. */
    denominator: z.number().nullable(),
    /** Records of area or users behind the denominator; null: none, or the undated figure of the registry. */
    denominatorVersions: z.array(Id).nullable(),
    atLeast: z.boolean(),
    missing: z.array(z.string()),
    /** Terms of the numerator. */
    terms: z.array(
      z.object({
        carrier: z.string(),
        purpose: z.enum(['building', 'vehicle']),
        unit: z.string(),
        quantity: z.number(),
        kgce: z.number().nullable(),
        carbonKg: z.number().nullable(),
        /** What the carrier adds to the numerator. */
        contribution: z.number(),
        factors: z.array(Factor),
        sources: z.array(Source),
      }),
    ),
  })
  .meta({ id: 'IndicatorExplanation' });
