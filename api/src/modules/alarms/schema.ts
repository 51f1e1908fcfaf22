import { FINDING_KINDS, OUTCOMES, SEVERITIES, STATES, UNIT_KINDS } from '@ganzhi/analytics/rules';
import { z } from 'zod';
import { Day } from '../../lib/day.ts';
import { Flag, Id, IdQuery, Instant, InstantQuery, paging, text } from '../../lib/shapes.ts';

const Kind = z.enum(FINDING_KINDS);
const Words = z.object({ zh: z.string(), en: z.string() });

export const ListAlarms = z.strictObject({
  state: z.enum(STATES).optional(),
  /** Only those that the data have not closed, or only those that they have. */
  living: Flag.optional(),
  kind: Kind.optional(),
  severity: z.enum(SEVERITIES).optional(),
  institution: IdQuery.optional(),
  /** Began at or after. */
  since: InstantQuery.optional(),
  ...paging,
});

/** Never booked: an estimate from what was expected, at the tariff on file. */
const Estimate = z.object({
  amount: z.number(),
  unit: z.string(),
  /** Null without a tariff on file. */
  cny: z.number().nullable(),
  /** In 30 days, if nothing is done. */
  amountPerMonth: z.number(),
  cnyPerMonth: z.number().nullable(),
  tariffId: Id.nullable(),
});

const summary = {
  id: Id,
  kind: Kind,
  kindName: Words,
  severity: z.enum(SEVERITIES),
  unitKind: z.enum(UNIT_KINDS),
  /** Name of the cause: a meter, a bus, a gateway, an institution, a division. */
  unit: Words,
  institutionId: Id.nullable(),
  institution: Words.nullable(),
  divisionCode: z.string(),
  gatewayCode: z.string().nullable(),
  meterCode: z.string().nullable(),
  /** Meters struck, of those in the caller's scope. */
  meters: z.int(),
  beganAt: Instant,
  endedAt: Instant.nullable(),
  detectedAt: Instant,
  state: z.enum(STATES),
  outcome: z.enum(OUTCOMES).nullable(),
  assignedTo: z.string().nullable(),
  estimate: Estimate.nullable(),
  /** For If-Match. */
  version: z.int(),
};

export const AlarmSummary = z.object(summary).meta({ id: 'AlarmSummary' });
export const AlarmPage = z.object({ items: z.array(AlarmSummary), nextCursor: z.string().nullable() });

export const AlarmDetail = z
  .object({
    ...summary,
    /** What to do first. */
    advice: Words,
    resolvedAt: Instant.nullable(),
    confirmedAt: Instant.nullable(),
    /** The last look that found it. */
    seenAt: Instant,
    /** The cause that took it in. */
    causeId: Id.nullable(),
    /** What is saved in 30 days now that the data show its end; an estimate. Null while it lasts. */
    saving: z.object({ amountPerMonth: z.number(), unit: z.string(), cnyPerMonth: z.number().nullable() }).nullable(),
    evidence: z.record(z.string(), z.union([z.string(), z.number()])),
    plot: z
      .object({
        from: Instant,
        stepS: z.int(),
        unit: z.string(),
        found: z.array(z.number().nullable()),
        expected: z.array(z.number().nullable()),
      })
      .nullable(),
    /** Meters struck, with the time from which each was right again; 500 at most. */
    members: z.array(
      z.object({
        meterId: Id,
        meterCode: z.string(),
        meterName: Words,
        institutionId: Id,
        endedAt: Instant.nullable(),
      }),
    ),
    history: z.array(
      z.object({
        at: Instant,
        /** Log-in of a person, or "data". */
        actor: z.string(),
        action: z.string(),
        state: z.enum(STATES),
        reason: Words.nullable(),
        note: z.string(),
      }),
    ),
    /** Who was told, and when he saw it. */
    told: z.array(z.object({ login: z.string(), at: Instant, seenAt: Instant.nullable() })),
  })
  .meta({ id: 'AlarmDetail' });

export const Acknowledge = z.strictObject({ note: text(500).default('') });
export const Assign = z.strictObject({
  /** Log-in of somebody who may handle alarms there. */
  assignee: text(100).min(1),
  note: text(500).default(''),
});
export const Resolve = z.strictObject({
  /** What was done. */
  note: text(500).min(1),
});

export const AlarmKinds = z.object({
  items: z.array(z.object({ kind: Kind, severity: z.enum(SEVERITIES), name: Words, advice: Words })),
});

export const ListAlarmThresholds = z.strictObject({ detector: text(32).optional(), ...paging });
export const NewAlarmThreshold = z.strictObject({
  detector: text(32).min(1),
  name: text(32).min(1),
  /** Type of institution; null: every type that has no value of its own. */
  typeCode: text(64).nullable().default(null),
  value: z.number().min(0).max(1e6),
  /** Shanghai day from which it holds. */
  validFrom: Day,
  sourceDocument: text(500).min(1),
});
export const AlarmThreshold = NewAlarmThreshold.extend({
  unit: z.string(),
  /** Null: a default of the detectors. */
  recordedAt: Instant.nullable(),
  recordedBy: z.string(),
}).meta({ id: 'AlarmThreshold' });
export const AlarmThresholds = z.object({
  /** What a person may set, with the limits of what is plausible. */
  parameters: z.array(
    z.object({
      detector: z.string(),
      name: z.string(),
      unit: z.string(),
      value: z.number(),
      byType: z.record(z.string(), z.number()),
      least: z.number(),
      most: z.number(),
    }),
  ),
  /** Rows that people entered, latest first. */
  items: z.array(AlarmThreshold),
  nextCursor: z.string().nullable(),
});
