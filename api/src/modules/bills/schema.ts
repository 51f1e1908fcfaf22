import { z } from 'zod';
import { Day } from '../../lib/day.ts';
import { Id, IdQuery, Instant, paging, text } from '../../lib/shapes.ts';

export const Quantity = z.string().regex(/^\d{1,14}(\.\d{1,4})?$/, 'write a decimal of at most four places');
export const Money = z.string().regex(/^\d{1,12}(\.\d{1,2})?$/, 'write yuan with at most two places');
const COUNTINGS = ['additional', 'check'] as const;
const PURPOSES = ['building', 'vehicle'] as const;

export const NewAccount = z.strictObject({
  institutionId: Id,
  carrier: text(32).min(1),
  accountNo: text(64).min(1),
  supplier: text(100).min(1),
  purpose: z.enum(PURPOSES).default('building'),
  /** additional: no main meter sees this supply, so the bills count. check: the same supply as the main meters. */
  counting: z.enum(COUNTINGS),
});
export const Account = NewAccount.extend({
  id: Id,
  version: z.int(),
  /** The first day on which it did not supply any more, and why. */
  closed: z.object({ on: Day, reason: z.string() }).nullable(),
});
/** Carrier, number and institution are what the account is; a wrong one is closed and entered anew. */
export const AccountPatch = z
  .strictObject({
    supplier: text(100).min(1).optional(),
    purpose: z.enum(PURPOSES).optional(),
    counting: z.enum(COUNTINGS).optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, '请至少填写一项 · name one field at least')
  .meta({ id: 'AccountPatch' });
export const CloseAccount = z.strictObject({ on: Day, reason: text(300).min(1) });
export const AccountQuery = z.strictObject({ institutionId: IdQuery.optional(), ...paging });
export const AccountPage = z.object({ items: z.array(Account), nextCursor: z.string().nullable() });

const Explanation = text(500).min(1).nullable().default(null);
export const NewBill = z
  .strictObject({
    accountId: Id,
    from: Day,
    /** The first day that is not in it. */
    to: Day,
    /** In the carrier's unit. */
    quantity: Quantity,
    costCny: Money.nullable().default(null),
    documentRef: text(200).min(1),
    /** Why an unusual figure is right. */
    explanation: Explanation,
  })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'must be later than from' });

export const Bill = z.object({
  id: Id,
  accountId: Id,
  institutionId: Id,
  carrier: z.string(),
  unit: z.string(),
  from: Day,
  to: Day,
  quantity: z.string(),
  costCny: z.string().nullable(),
  documentRef: z.string(),
  origin: z.enum(['entry', 'import']),
  explanation: z.string().nullable(),
  enteredBy: z.string(),
  enteredAt: Instant,
  voided: z.object({ by: z.string(), at: Instant, reason: z.string() }).nullable(),
});
export const BillQuery = z.strictObject({
  accountId: IdQuery.optional(),
  institutionId: IdQuery.optional(),
  ...paging,
});
export const BillPage = z.object({ items: z.array(Bill), nextCursor: z.string().nullable() });
export const VoidBill = z.strictObject({ reason: text(500).min(1) });

/** A file of 4 MB at most, as base64. */
const file = { format: z.enum(['csv', 'xlsx']), content: z.string().max(5_600_000) };

/** Columns: 户号, 能源品种, 起始日, 终止日, 数量, 金额, 单据, 说明 (account, carrier, from, to, quantity, cost, document, explanation). */
export const BillImport = z.strictObject({
  ...file,
  /** Only say what would happen. */
  preview: z.boolean().default(true),
});
/** Columns: 时间, 数量 (hour, quantity). */
export const SeriesImport = z.strictObject({
  ...file,
  preview: z.boolean().default(true),
  institutionId: Id,
  carrier: text(32).min(1),
  purpose: z.enum(PURPOSES).default('building'),
  name: text(100).min(1),
  sourceDocument: text(300).min(1),
});
export const ImportResult = z.object({
  rows: z.int(),
  /** Nothing is written while there is an error in any cell. */
  written: z.int(),
  errors: z.array(z.object({ line: z.int(), column: z.string(), zh: z.string(), en: z.string() })),
});
