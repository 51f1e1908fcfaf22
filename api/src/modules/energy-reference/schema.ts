import { DAY_TYPES, FACTOR_KINDS } from '@ganzhi/analytics/rules';
import { z } from 'zod';
import { Day } from '../../lib/day.ts';
import { Id, Instant, paging, text } from '../../lib/shapes.ts';

/** A plain decimal text: no binary fraction comes in with a factor. */
export const Decimal = z.string().regex(/^\d{1,9}(\.\d{1,9})?$/, 'write a plain decimal such as "0.5827"');
const SourceDocument = text(300).min(1);
const recorded = { sourceDocument: SourceDocument, recordedAt: Instant, recordedBy: z.string() };

export const NewFactor = z.strictObject({
  kind: z.enum(FACTOR_KINDS),
  carrier: text(32).min(1),
  /** Coefficient set (also of a density), or region of an emission factor. */
  variant: text(32).min(1),
  value: Decimal,
  unit: text(32).min(1),
  validFrom: Day,
  sourceDocument: SourceDocument,
});
export const Factor = NewFactor.extend({ id: Id, ...recorded });
export const FactorQuery = z.strictObject({
  kind: z.enum(FACTOR_KINDS).optional(),
  carrier: text(32).optional(),
  ...paging,
});
export const FactorPage = z.object({ items: z.array(Factor), nextCursor: z.string().nullable() });

export const Carriers = z.object({
  items: z.array(
    z.object({
      code: z.string(),
      nameZh: z.string(),
      nameEn: z.string(),
      unit: z.string(),
      medium: z.string().nullable(),
      converted: z.boolean(),
      emits: z.boolean(),
    }),
  ),
});

export const NewBaseFact = z.strictObject({
  kind: z.enum(['area', 'persons']),
  /** m² in use, or energy users. */
  value: Decimal,
  validFrom: Day,
  sourceDocument: SourceDocument,
});
export const BaseFact = NewBaseFact.extend({ id: Id, institutionId: Id, ...recorded });
export const BaseFacts = z.object({ items: z.array(BaseFact) });

export const NewCalendarDay = z.strictObject({
  day: Day,
  dayType: z.enum(DAY_TYPES),
  sourceDocument: SourceDocument,
});
/** Default: the running month. */
export const CalendarQuery = z.strictObject({ from: Day.optional(), to: Day.optional() });
export const CalendarDay = z.object({
  day: Day,
  dayType: z.enum(DAY_TYPES),
  /** The notice of that year is not published yet. */
  provisional: z.boolean(),
});
export const Calendar = z.object({ items: z.array(CalendarDay) });

export const NewMeterUse = z
  .strictObject({
    purpose: z.enum(['forwarded', 'data-centre', 'it', 'heating']),
    validFrom: Day,
    validTo: Day.nullable().default(null),
    sourceDocument: SourceDocument,
  })
  .refine(({ validFrom, validTo }) => validTo === null || validTo > validFrom, {
    path: ['validTo'],
    message: 'must be later than validFrom',
  });
export const MeterUse = z.object({ id: Id, meterId: Id, purpose: z.string(), validFrom: Day, validTo: Day.nullable() });
export const MeterUses = z.object({ items: z.array(MeterUse) });
