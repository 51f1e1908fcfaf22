import { z } from 'zod';
import { Day } from '../../lib/day.ts';
import { Id, InstantQuery, text } from '../../lib/shapes.ts';

export const BASES = ['fixed', 'area', 'persons', 'meter', 'none'] as const;
const Weight = z.string().regex(/^\d{1,9}(\.\d{1,6})?$/, 'write a decimal of at most six places');

export const NewRule = z.strictObject({
  /** none: from this day on the meter belongs to its own institution again. */
  basis: z.enum(BASES),
  validFrom: Day,
  sourceDocument: text(300).min(1),
  shares: z
    .array(
      z.strictObject({
        institutionId: Id,
        weight: Weight.nullable().default(null),
        basisMeterId: Id.nullable().default(null),
      }),
    )
    .max(500),
});
export const Rule = z.object({
  id: Id,
  meterId: Id,
  basis: z.enum(BASES),
  validFrom: Day,
  sourceDocument: z.string(),
  recordedBy: z.string(),
  shares: z.array(z.object({ institutionId: Id, weight: z.string().nullable(), basisMeterId: Id.nullable() })),
});
export const Rules = z.object({ items: z.array(Rule) });

/** Default: the last 30 days. */
export const AllocationQuery = z.strictObject({
  from: Day.optional(),
  to: Day.optional(),
  /** As known then; default: as known now. */
  knownOn: InstantQuery.optional(),
});
export const Allocation = z.object({
  unit: z.string(),
  from: Day,
  to: Day,
  /** What the meter moved in the days that were split. */
  total: z.number(),
  /** Days whose weights were not known: stays with the meter's own institution. */
  unallocated: z.number(),
  items: z.array(z.object({ institutionId: Id, energy: z.number() })),
});
