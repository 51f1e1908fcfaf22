import { LONGEST_FORMULA } from '@ganzhi/analytics/rules';
import { z } from 'zod';
import { Day } from '../../lib/day.ts';
import { Id, IdQuery, Instant, InstantQuery, paging, text } from '../../lib/shapes.ts';

const MEDIUM = z.enum(['electricity', 'water', 'gas', 'heat']);
const Code = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9.-]{1,63}$/, 'letters, digits, dot and hyphen, 2 to 64');
const Formula = text(LONGEST_FORMULA)
  .min(1)
  .meta({ description: 'Meters as [code], numbers, + - * / and parentheses' });

const common = {
  code: Code,
  institutionId: Id,
  nameZh: text(100).min(1),
  nameEn: text(100).min(1),
  validFrom: Day,
  sourceDocument: text(300).min(1),
};
export const NewVirtualMeter = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('formula'), medium: MEDIUM, formula: Formula, ...common }),
  /** The unexplained use (不明用量) below a meter: it less all its sub-meters. */
  z.strictObject({ kind: z.literal('remainder'), parentMeterId: Id, ...common }),
]);
export const NewFormula = z.strictObject({
  formula: Formula,
  validFrom: Day,
  sourceDocument: text(300).min(1),
});

export const FormulaVersion = z.object({
  id: Id,
  formula: z.string(),
  validFrom: Day,
  sourceDocument: z.string(),
  recordedBy: z.string(),
});
export const VirtualMeter = z.object({
  id: Id,
  code: z.string(),
  institutionId: Id,
  medium: MEDIUM,
  kind: z.enum(['formula', 'remainder']),
  nameZh: z.string(),
  nameEn: z.string(),
});
export const VirtualMeterDetail = VirtualMeter.extend({ formulas: z.array(FormulaVersion) });
export const VirtualMeterPage = z.object({ items: z.array(VirtualMeter), nextCursor: z.string().nullable() });
export const VirtualMeterQuery = z.strictObject({ institutionId: IdQuery.optional(), ...paging });

/** Default: the last 30 days. */
export const DaysQuery = z.strictObject({
  from: Day.optional(),
  to: Day.optional(),
  /** As known then; default: as known now. */
  knownOn: InstantQuery.optional(),
});
export const VirtualDays = z.object({
  unit: z.string(),
  from: Day,
  to: Day,
  /** Null: not known. */
  total: z.number().nullable(),
  /** Days before it hold every register of its meters; null: one of them has never told any. */
  watermark: Instant.nullable(),
  atLeast: z.boolean(),
  missing: z.array(z.string()),
  items: z.array(z.object({ day: Day, energy: z.number().nullable(), missing: z.array(z.string()), formulaId: Id })),
});
