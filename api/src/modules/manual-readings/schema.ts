import { z } from 'zod';
import { Id, IdQuery, Instant, InstantQuery, paging, text } from '../../lib/shapes.ts';

const Register = z.string().regex(/^\d{1,11}(\.\d{1,3})?$/, 'write the register as a decimal of at most three places');

export const NewReading = z.strictObject({
  meterId: Id,
  /** When it was read. */
  at: InstantQuery,
  /** As the meter shows it, without the ratio. */
  register: Register,
  /** Where the photo is kept: digest or address in the evidence store. */
  photoRef: text(300).min(1),
  /** Why an unusual reading is right. */
  explanation: text(500).min(1).nullable().default(null),
});
/** The second person reads the photo again. */
export const CheckReading = z.discriminatedUnion('decision', [
  z.strictObject({ decision: z.literal('confirm'), register: Register }),
  z.strictObject({ decision: z.literal('reject') }),
]);

export const ManualReading = z.object({
  id: Id,
  meterId: Id,
  meterCode: z.string(),
  at: Instant,
  register: z.string(),
  unit: z.string(),
  photoRef: z.string(),
  findings: z.array(z.object({ kind: z.string(), detail: z.string() })),
  explanation: z.string().nullable(),
  state: z.enum(['waiting', 'confirmed', 'rejected']),
  enteredBy: z.string(),
  enteredAt: Instant,
  checkedBy: z.string().nullable(),
  checkedAt: Instant.nullable(),
  /** Handed to the ledger. */
  bookedAt: Instant.nullable(),
});
export const ReadingQuery = z.strictObject({
  meterId: IdQuery.optional(),
  state: z.enum(['waiting', 'confirmed', 'rejected']).optional(),
  ...paging,
});
export const ReadingPage = z.object({ items: z.array(ManualReading), nextCursor: z.string().nullable() });
