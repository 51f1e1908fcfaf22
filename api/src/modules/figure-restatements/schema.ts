import { z } from 'zod';
import { Day } from '../../lib/day.ts';
import { Id, IdQuery, Instant, InstantQuery, paging } from '../../lib/shapes.ts';

export const KINDS = [
  'virtual-meter',
  'allocation',
  'bill',
  'area',
  'users',
  'factor',
  'tariff',
  'tariff-assignment',
  'supply-contract',
  'holder',
  'closed-year',
] as const;

export const ListFigureRestatements = z.strictObject({
  /** What differs from what was known then; default: 30 days ago. */
  since: InstantQuery.optional(),
  /** What had changed up to then; default: up to now. */
  knownOn: InstantQuery.optional(),
  institutionId: IdQuery.optional(),
  kind: z.enum(KINDS).optional(),
  ...paging,
});

export const FigureRestatementPage = z.object({
  items: z.array(
    z
      .object({
        kind: z.enum(KINDS),
        /** Null: of the whole city. */
        institutionId: Id.nullable(),
        /** Code of the meter, number of the account, carrier of the factor, code of the tariff. */
        name: z.string(),
        /** The day that changed, or from which on figures are others. */
        day: Day,
        /** Null: nothing was known, or no number. */
        before: z.number().nullable(),
        after: z.number().nullable(),
        /** Document or reason; empty where it follows from the ledger (`/ledger-restatements`). */
        cause: z.string(),
        by: z.string().nullable(),
        changedAt: Instant,
      })
      .meta({ id: 'FigureRestatement' }),
  ),
  nextCursor: z.string().nullable(),
});
