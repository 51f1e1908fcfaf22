import { z } from 'zod';
import { Day } from '../lib/day.ts';
import { Id, text } from '../lib/shapes.ts';
import { Area, Attributes } from './input.ts';
import { REMOVAL_REASONS } from './life-cycle.ts';

/** What can be asked for, by kind. Each is decided by a second person before it changes anything. */
const reason = text(1_000).min(1);
const asked = {
  /** The institution that changes; in a merger and a split the one that ends. */
  institutionId: Id,
  /** First day on which it holds; today at the latest. */
  effectiveOn: Day,
  reason,
  sourceDocument: text(300).min(1),
};
const ids = z.array(Id).max(5_000).default([]);

export const NewChange = z
  .discriminatedUnion('kind', [
    /** A draft is handed in; day and document are those of the draft. */
    z.strictObject({ kind: z.literal('entry'), institutionId: Id, reason }),
    z.strictObject({ kind: z.literal('attributes'), ...asked, attributes: Attributes }),
    z.strictObject({ kind: z.literal('suspension'), ...asked }),
    z.strictObject({ kind: z.literal('resumption'), ...asked }),
    z.strictObject({ kind: z.literal('removal'), ...asked, reasonCode: z.enum(REMOVAL_REASONS) }),
    z.strictObject({
      kind: z.literal('merger'),
      ...asked,
      successorId: Id,
      /** Area and users of the successor from that day on; without them both sums. */
      areaM2: Area.optional(),
      headcount: z.int().min(0).max(10_000_000).optional(),
    }),
    z.strictObject({
      kind: z.literal('split'),
      ...asked,
      /** Every meter of the body that ends goes to exactly one successor; sub meters go with their main meter. */
      parts: z
        .array(z.strictObject({ institutionId: Id, meterIds: ids }))
        .min(2)
        .max(20),
    }),
  ])
  .meta({ id: 'NewInstitutionChange' });
export type NewChange = z.infer<typeof NewChange>;
