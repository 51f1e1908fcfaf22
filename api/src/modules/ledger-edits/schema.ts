import { z } from 'zod';
import { Id, IdQuery, Instant, InstantQuery, paging, text } from '../../lib/shapes.ts';

/** What an edit does; the first four are about readings and steps inside [from, to]. */
export const KINDS = ['accept', 'set-aside', 'book', 'dispute', 'replacement', 'ratio'] as const;
export const STATUSES = ['proposed', 'approved', 'rejected', 'withdrawn'] as const;
export const REASONS = [
  'meter-replaced',
  'meter-reset',
  'transformer-changed',
  'transformer-recorded-wrong',
  'communication-fault',
  'meter-fault',
  'site-inspection',
  'real-consumption',
  'other',
] as const;

const InstantBody = InstantQuery;
const Register = z
  .string()
  .regex(/^\d{1,15}(\.\d{1,9})?$/, 'write the register as a decimal in the unit of the meter, 54321.00')
  .meta({ description: 'Register in the unit of the meter, without the ratio, as it stands on the display' });
const Ratio = z.int().min(1).max(100_000);

const common = {
  from: InstantBody,
  reasonCode: z.enum(REASONS),
  note: text(1_000).min(1),
  /** Reference of a photo or document in the evidence store. */
  attachment: text(200).min(1).optional(),
};

const inside = <K extends 'accept' | 'set-aside' | 'book' | 'dispute'>(kind: K) =>
  z.strictObject({ kind: z.literal(kind), ...common, to: InstantBody });

export const NewEdit = z.discriminatedUnion('kind', [
  inside('accept'),
  inside('set-aside'),
  inside('book'),
  inside('dispute'),
  /** The meter was exchanged at `from`; the ratio only when it is another one from then on. */
  z.strictObject({
    kind: z.literal('replacement'),
    ...common,
    closing: Register,
    opening: Register,
    ct: Ratio.optional(),
    pt: Ratio.optional(),
  }),
  /** CT and PT from `from` on, or until `to` when it was another one for a time only. */
  z.strictObject({ kind: z.literal('ratio'), ...common, to: InstantBody.optional(), ct: Ratio, pt: Ratio }),
]);
export type NewEdit = z.infer<typeof NewEdit>;

export const Edit = z
  .object({
    id: Id,
    meterId: Id,
    meterCode: z.string(),
    kind: z.enum(KINDS),
    from: Instant,
    to: Instant.nullable(),
    /** Registers as decimals in the unit of the meter; CT and PT. */
    content: z.record(z.string(), z.union([z.string(), z.number()])),
    reasonCode: z.enum(REASONS),
    note: z.string(),
    attachment: z.string().nullable(),
    status: z.enum(STATUSES),
    proposedBy: z.string(),
    proposedAt: Instant,
    decidedBy: z.string().nullable(),
    decidedAt: Instant.nullable(),
    withdrawnBy: z.string().nullable(),
    withdrawnAt: Instant.nullable(),
  })
  .meta({ id: 'LedgerEdit' });

export const EditPage = z.object({ items: z.array(Edit), nextCursor: z.string().nullable() });

export const ListEdits = z.strictObject({
  meterId: IdQuery.optional(),
  status: z.enum(STATUSES).optional(),
  ...paging,
});
