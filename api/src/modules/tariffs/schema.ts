import { BANDS, CHARGE_BASES, TariffContent } from '@ganzhi/analytics/rules';
import { z } from 'zod';
import { Day } from '../../lib/day.ts';
import { Id, InstantQuery, paging, text } from '../../lib/shapes.ts';

const SourceDocument = text(300).min(1);
export const NewTariff = z.strictObject({
  code: z.string().regex(/^[a-z0-9][a-z0-9-]{1,63}$/, 'small letters, digits and hyphens, 2 to 64'),
  carrier: text(32).min(1),
  nameZh: text(100).min(1),
  nameEn: text(100).min(1),
  validFrom: Day,
  content: TariffContent,
  sourceDocument: SourceDocument,
  /** Sample prices are never to be mistaken for posted ones. */
  sample: z.boolean().default(false),
});
export const Tariff = NewTariff.extend({ id: Id, recordedBy: z.string() });
export const TariffQuery = z.strictObject({ ...paging });
export const TariffPage = z.object({ items: z.array(Tariff), nextCursor: z.string().nullable() });

export const NewAssignment = z.strictObject({
  carrier: text(32).min(1).default('electricity'),
  tariffCode: text(64).min(1),
  validFrom: Day,
  sourceDocument: SourceDocument,
});
export const Assignment = NewAssignment.extend({ id: Id, institutionId: Id });

/** Default: the running month. Within one calendar year. */
export const CostQuery = z.strictObject({
  from: Day.optional(),
  to: Day.optional(),
  /** As known then: ledger, bills, tariffs, assignments, calendar, holders. Default: now. */
  knownOn: InstantQuery.optional(),
});
/** What a month costs besides its energy, by the contract in force on its first day. */
export const MonthCharge = z.object({
  month: z.string(),
  basis: z.enum(CHARGE_BASES),
  capacityKva: z.string().nullable(),
  contractDemandKw: z.string().nullable(),
  /** Highest mean over a quarter of an hour, of each main meter, added up. */
  measuredDemandKw: z.number().nullable(),
  demandAtLeast: z.boolean(),
  /** Null: no price on file, or the demand is not known. */
  basicCny: z.number().nullable(),
  powerFactor: z.number().nullable(),
  powerFactorStandard: z.string().nullable(),
  /** Main meters without reactive energy: they leave the power factor unknown. */
  withoutReactive: z.array(z.string()),
  /** Of energy and basic charge; positive: more is paid. */
  adjustmentShare: z.number().nullable(),
  adjustmentCny: z.number().nullable(),
  versions: z.object({ contract: Id, tariff: Id.nullable(), scale: Id.nullable() }),
});
export const Costs = z.object({
  from: Day,
  to: Day,
  unit: z.string(),
  /** Electricity of the main meters, priced or not. */
  quantity: z.number(),
  /** Priced by the tariffs in force; null while none is assigned. */
  tariffCny: z.number().nullable(),
  bands: z.array(z.object({ band: z.enum(BANDS), quantity: z.number(), cny: z.number() })),
  /** Part of the bands and of tariffCny: gaps whose total is certain, priced by their estimated hours. */
  estimated: z.object({ quantity: z.number(), cny: z.number().nullable() }),
  /** Silent meters, estimated without a closing register: in no total. */
  unsettled: z.object({ quantity: z.number(), cny: z.number().nullable() }),
  /** Energy whose hours are not known, priced at the mean of the others: an estimate, part of tariffCny. */
  unbanded: z.object({ quantity: z.number(), cny: z.number().nullable() }),
  /** Hours without a tariff on file. */
  unpricedHours: z.int(),
  /** Basic charge and power factor adjustment of the whole months in the span; none without a contract on file. */
  charges: z.array(MonthCharge),
  /** Months that the span only touches: their charges are in no total. */
  partialMonths: z.array(z.string()),
  /** Energy and charges; null while any of them is not known. */
  totalCny: z.number().nullable(),
  /** Meters not wholly known in the span: quantity and costs are "at least". */
  atLeast: z.boolean(),
  missing: z.array(z.string()),
  /** From bills, by their days. */
  billedCny: z.number().nullable(),
  /** The calendar of some day is not published yet. */
  provisional: z.boolean(),
  sample: z.boolean(),
  versions: z.object({ tariffs: z.array(Id), assignments: z.array(Id) }),
});
