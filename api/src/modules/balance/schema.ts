import { z } from 'zod';
import { Day } from '../../lib/day.ts';
import { Id, Instant, InstantQuery } from '../../lib/shapes.ts';

/** Default: the last 7 complete days. */
export const BalanceQuery = z.strictObject({
  from: Day.optional(),
  to: Day.optional(),
  /** As known then; default: as known now. */
  knownOn: InstantQuery.optional(),
});

export const Balances = z.object({
  from: Day,
  to: Day,
  items: z.array(
    z.object({
      meterId: Id,
      meterCode: z.string(),
      medium: z.string(),
      unit: z.string(),
      /** Days on which the meter had sub-meters: only those are balanced. */
      days: z.int(),
      parent: z.number().nullable(),
      children: z.number(),
      /** parent − children; null while a day of any of them is not known. */
      residue: z.number().nullable(),
      share: z.number().nullable(),
      limit: z.number(),
      verdict: z.enum(['within', 'exceeded', 'undecidable']),
      missing: z.array(z.string()),
      /** Children whose shape the residue repeats, best first: residue ≈ factor × child. */
      explanations: z.array(z.object({ code: z.string(), explained: z.number(), factor: z.number() })),
    }),
  ),
});

const Figure = { unit: z.string(), energy: z.number().nullable(), atLeast: z.boolean(), missing: z.array(z.string()) };
const Node = z.object({
  meterId: Id,
  code: z.string(),
  nameZh: z.string(),
  nameEn: z.string(),
  role: z.string(),
  /** Registers up to here are in the figures; null: it has never told any. */
  watermark: Instant.nullable(),
  ...Figure,
});
const Totals = z.array(z.object({ medium: z.string(), ...Figure }));
export const Tree = z.object({
  from: Day,
  to: Day,
  /** Of the meters that stand here now: the one that lies furthest back. */
  watermark: Instant.nullable(),
  /** Of the institution: its main meters, by the roles of each day. */
  totals: Totals,
  buildings: z.array(
    z.object({
      /** Null: meters that stand at the institution itself. */
      id: Id.nullable(),
      nameZh: z.string().nullable(),
      nameEn: z.string().nullable(),
      watermark: Instant.nullable(),
      totals: Totals,
      items: z.array(
        z.object({
          medium: z.string(),
          /** Null: not assigned to an item. */
          itemCode: z.string().nullable(),
          ...Figure,
          meters: z.array(Node),
        }),
      ),
    }),
  ),
});
