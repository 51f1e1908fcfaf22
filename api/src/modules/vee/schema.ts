import { VEE_RULE_CODES } from '@ganzhi/analytics/rules';
import { z } from 'zod';
import { Day } from '../../lib/day.ts';
import { Id, IdQuery, Instant, InstantQuery, paging, text } from '../../lib/shapes.ts';

export const BOOKED_MEDIA = ['electricity', 'water', 'gas', 'heat'] as const;
const Rule = z.enum(VEE_RULE_CODES);
const ParameterName = text(32).min(1);
const Value = z.number().min(0).max(1e12);

export const ListThresholds = z.strictObject({ rule: Rule.optional(), ...paging });
export const NewThreshold = z.strictObject({
  rule: Rule,
  parameter: ParameterName,
  /** Null: every medium. */
  medium: z.enum(BOOKED_MEDIA).nullable().default(null),
  /** Null: main and sub-meters. */
  role: z.enum(['main', 'sub']).nullable().default(null),
  value: Value,
  /** Shanghai day; V2 and V4 recompute the ledger from here on. */
  validFrom: Day,
  reason: text(500).min(1),
});
export const Threshold = NewThreshold.extend({ id: Id, recordedBy: z.string(), recordedAt: Instant }).meta({
  id: 'VeeThreshold',
});
export const ThresholdPage = z.object({ items: z.array(Threshold), nextCursor: z.string().nullable() });

export const VeeRules = z.object({
  items: z.array(
    z.object({
      code: Rule,
      zh: z.string(),
      en: z.string(),
      parameters: z.array(z.object({ name: z.string(), unit: z.string(), least: z.number(), most: z.number() })),
    }),
  ),
});

/** Without `rule`: gaps. Without `from`: the seven days before `to`; without `to`: now. At most 31 days and 200 meters. */
export const DryRunQuery = z.strictObject({
  rule: Rule.default('V6'),
  from: InstantQuery.optional(),
  to: InstantQuery.optional(),
  institutionId: IdQuery.optional(),
  meterId: IdQuery.optional(),
  medium: z.enum(BOOKED_MEDIA).optional(),
  /** Which threshold `value` stands for; needed where the rule has more than one. */
  parameter: ParameterName.optional(),
  /** A threshold to be tried instead of those in force. */
  value: z.coerce.number<string>().min(0).max(1e12).optional(),
});

const Flagged = z.object({
  flags: z.int(),
  meters: z.int(),
  /** Different hours that flags touch, meter by meter. */
  hours: z.int(),
  /** What the ledger holds in those hours and in spans that reach into the flags, by unit. */
  energy: z.array(z.object({ unit: z.string(), quantity: z.number() })),
});

export const DryRun = z
  .object({
    rule: Rule,
    from: Instant,
    to: Instant,
    /** Meters looked at. */
    meters: z.int(),
    /** In force on the last day of the span, for the kinds of meters looked at. */
    thresholds: z.array(
      z.object({ id: Id, parameter: z.string(), medium: z.string(), role: z.string(), value: z.number() }),
    ),
    inForce: Flagged,
    /** With the threshold tried; null when none was given. */
    proposed: Flagged.nullable(),
    /** The first flags, with the threshold tried when there is one. */
    examples: z.array(z.object({ meterCode: z.string(), from: Instant, to: Instant, detail: z.string() })),
  })
  .meta({ id: 'VeeDryRun' });

export const NewCheckMeter = z
  .strictObject({
    checkMeterId: Id,
    from: InstantQuery,
    to: InstantQuery.nullable().default(null),
    note: text(500).min(1),
  })
  .refine(({ from, to }) => to === null || to > from, { path: ['to'], message: 'must be later than from' });
export const CheckMeter = z
  .object({
    id: Id,
    meterId: Id,
    checkMeterId: Id,
    from: Instant,
    to: Instant.nullable(),
    note: z.string(),
    recordedBy: z.string(),
    recordedAt: Instant,
  })
  .meta({ id: 'CheckMeter' });
export const CheckMeters = z.object({ items: z.array(CheckMeter) });
