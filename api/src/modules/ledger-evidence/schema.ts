import { DECISION_KINDS } from '@ganzhi/analytics/rules';
import { z } from 'zod';
import { Id, IdQuery, Instant, InstantQuery, paging } from '../../lib/shapes.ts';

const EFFECTS = ['set-aside', 'disputed', 'moved'] as const;

export const ListDecisions = z.strictObject({
  meterId: IdQuery.optional(),
  kind: z.enum(DECISION_KINDS).optional(),
  effect: z.enum(EFFECTS).optional(),
  ...paging,
});

const decision = {
  kind: z.string(),
  /** set-aside: readings between are no registers; disputed: the energy waits; moved: rollover or replacement */
  effect: z.enum(EFFECTS),
  from: Instant,
  to: Instant,
  /** Registers as counts, times in Shanghai; `edit` names a person's edit behind it. */
  evidence: z.record(z.string(), z.unknown()),
  rule: z.int(),
  knownSince: Instant,
};
export const Decision = z.object({ meterId: Id, meterCode: z.string(), ...decision }).meta({ id: 'RegisterDecision' });
export const DecisionPage = z.object({ items: z.array(Decision), nextCursor: z.string().nullable() });

/** Without `from`: the last full hour; without `to`: one hour. At most a day. */
export const ExplainQuery = z.strictObject({
  from: InstantQuery.optional(),
  to: InstantQuery.optional(),
  /** The chain as it stood then; ratios and replacements are today's records. Default: now. */
  knownOn: InstantQuery.optional(),
});

const energies = {
  /** In the unit of the medium, ratio included. */
  booked: z.number(),
  undistributed: z.number(),
  disputed: z.number(),
};

/** The chain from a figure down to what came over the wire. */
export const MeterExplanation = z
  .object({
    meterId: Id,
    meterCode: z.string(),
    unit: z.string(),
    formula: z.string(),
    from: Instant,
    to: Instant,
    figure: z.object(energies),
    hours: z.array(
      z.object({
        hour: Instant,
        counts: z.string(),
        ratio: z.string(),
        coveredS: z.int(),
        source: z.string(),
        knownSince: Instant,
      }),
    ),
    spans: z.array(
      z.object({
        from: Instant,
        to: Instant,
        class: z.enum(['undistributed', 'disputed']),
        counts: z.string(),
        ratio: z.string(),
        evidence: z.record(z.string(), z.unknown()),
      }),
    ),
    /** Unsettled: the meter is silent, nothing bears the amount out yet; in no figure. */
    estimates: z.array(z.object({ hour: Instant, counts: z.string(), method: z.string(), unsettled: z.boolean() })),
    decisions: z.array(z.object(decision)),
    ratios: z.array(z.object({ from: Instant.nullable(), ct: z.int(), pt: z.int() })),
    replacements: z.array(
      z.object({ at: Instant, closing: z.string(), opening: z.string(), approvedBy: z.string().nullable() }),
    ),
    /** As received, every version; with the batch and the gateway it came by. */
    readings: z.array(
      z.object({
        at: Instant,
        counts: z.string(),
        quality: z.int(),
        isRevision: z.boolean(),
        batch: z.string().nullable(),
        gateway: z.string().nullable(),
        receivedAt: Instant.nullable(),
        isReplay: z.boolean().nullable(),
        digest: z.string().nullable(),
      }),
    ),
    /** Failed reads in the span, by hour: the error code of the frame or connection. */
    failures: z.array(z.object({ from: Instant, to: Instant, code: z.string(), count: z.int() })),
    /** What the driver last said when the meter did not answer. */
    failure: z.object({ code: z.string(), since: Instant, lastAt: Instant }).nullable(),
  })
  .meta({ id: 'MeterExplanation' });

export const InstitutionExplainQuery = ExplainQuery.extend({
  medium: z.enum(['electricity', 'water', 'gas', 'heat']).default('electricity'),
});
export const InstitutionExplanation = z
  .object({
    institutionId: Id,
    formula: z.string(),
    from: Instant,
    to: Instant,
    unit: z.string(),
    figure: z.object(energies),
    /** Each term of the sum, and the part of the span in which it counts; its own chain is at /meters/{id}/explanation. */
    meters: z.array(z.object({ meterId: Id, meterCode: z.string(), from: Instant, to: Instant, ...energies })),
  })
  .meta({ id: 'InstitutionExplanation' });

export const ListRestatements = z.strictObject({
  /** Figures that differ from what was known then; default: 30 days ago. */
  since: InstantQuery.optional(),
  /** What had changed up to then, and to which figure; default: up to now. */
  knownOn: InstantQuery.optional(),
  meterId: IdQuery.optional(),
  institutionId: IdQuery.optional(),
  ...paging,
});
export const RestatementPage = z.object({
  items: z.array(
    z
      .object({
        meterId: Id,
        meterCode: z.string(),
        day: z.string(),
        unit: z.string(),
        before: z.object(energies),
        /** Null when nothing is known of the day any more. */
        after: z.object(energies).nullable(),
        /** Change of booked and undistributed energy. */
        change: z.number(),
        causes: z.array(z.string()),
        changedAt: Instant,
      })
      .meta({ id: 'Restatement' }),
  ),
  nextCursor: z.string().nullable(),
});

export const LedgerState = z.object({
  watermarks: z.array(z.object({ level: z.string(), newest: Instant, waiting: z.int(), at: Instant })),
  /** The last nightly proof of everything from raw readings. */
  lastProof: z
    .object({ startedAt: Instant, finishedAt: Instant, meters: z.int(), pendingMarks: z.int(), differences: z.int() })
    .nullable(),
});

/** One count, class or row that ledger and raw readings do not agree about. */
const Difference = z
  .object({
    meterCode: z.string(),
    point: z.string(),
    kind: z.enum(['movement', 'hour', 'span', 'decision', 'day']),
    /** Start of the hour or span, or the day with its class; null for the whole register. */
    at: z.string().nullable(),
    /** By the raw registers; counts as text. Null: there should be no such row. */
    expected: z.string().nullable(),
    /** In the ledger; null: the row is missing. */
    found: z.string().nullable(),
  })
  .meta({ id: 'LedgerDifference' });

export const ListRuns = z.strictObject({ ...paging });
export const RunPage = z.object({
  items: z.array(
    z
      .object({
        id: Id,
        startedAt: Instant,
        finishedAt: Instant,
        meters: z.int(),
        pendingMarks: z.int(),
        differences: z.int(),
        /** When those responsible were told; null: nothing to tell, or not yet. */
        toldAt: Instant.nullable(),
        /** Of the first hundred, those of meters that the caller may see. */
        examples: z.array(Difference),
      })
      .meta({ id: 'ConservationRun' }),
  ),
  nextCursor: z.string().nullable(),
});
