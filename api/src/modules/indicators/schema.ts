import { z } from 'zod';
import { CLASSES } from '../../energy/parts.ts';
import { Day } from '../../lib/day.ts';
import { Coverage, Id, Instant, InstantQuery, text } from '../../lib/shapes.ts';

const choice = {
  /** Results of two coefficient sets cannot be compared (handbook §0.7). */
  coefficientSet: text(32).default('calorific'),
  emissionRegion: text(32).default('jiangsu'),
  /** The figures as they were known then: ledger, bills, factors, area, users, roles of meters. Default: now. */
  knownOn: InstantQuery.optional(),
};

/** Without `from` and `to`: the running year. Both within one calendar year; `to` is not included. */
export const IndicatorQuery = z.strictObject({ from: Day.optional(), to: Day.optional(), ...choice });
export const TotalsQuery = z.strictObject({
  from: Day.optional(),
  to: Day.optional(),
  division: text(12).optional(),
  type: text(32).optional(),
  ...choice,
});

/** Shares of a quantity by how it is known; they add up to 1. */
export const Shares = z.partialRecord(z.enum(CLASSES), z.number());

export const CarrierFigure = z.object({
  carrier: z.string(),
  unit: z.string(),
  /** Null: nothing is known, which is not zero. */
  quantity: z.number().nullable(),
  vehicleQuantity: z.number(),
  shares: Shares,
  coverage: Coverage,
  atLeast: z.boolean(),
  /** Meters and accounts that are not wholly known. */
  missing: z.array(z.string()),
  kgce: z.number().nullable(),
  carbonKg: z.number().nullable(),
});

export const Figures = z.object({
  from: Day,
  to: Day,
  coefficientSet: z.string(),
  emissionRegion: z.string(),
  carriers: z.array(CarrierFigure),
  comprehensiveKgce: z.number().nullable(),
  perAreaKgce: z.number().nullable(),
  perCapitaKgce: z.number().nullable(),
  waterM3: z.number().nullable(),
  waterPerCapitaM3: z.number().nullable(),
  carbonKg: z.number().nullable(),
  carbonPerAreaKg: z.number().nullable(),
  areaM2: z.number(),
  persons: z.number(),
  atLeast: z.boolean(),
  missing: z.array(z.string()),
  missingFactors: z.array(z.object({ carrier: z.string(), kind: z.string() })),
  /** What was used; the same rows give the same figures again. Null: the registry's undated figure. */
  versions: z.object({
    factors: z.array(Id),
    area: z.array(Id).nullable(),
    persons: z.array(Id).nullable(),
  }),
});

const Change = z.object({
  from: Day,
  to: Day,
  /** Changes as a share: 0.05 is +5 %. Null where nothing is comparable. */
  comprehensive: z.number().nullable(),
  perArea: z.number().nullable(),
  perCapita: z.number().nullable(),
  waterPerCapita: z.number().nullable(),
  carbon: z.number().nullable(),
  /** False when either side is "at least". */
  comparable: z.boolean(),
});

export const InstitutionIndicators = Figures.extend({
  /** Set when the year was closed: the figures are those of that day, whatever was loaded since. */
  closed: z.object({ at: Instant, by: z.string() }).nullable(),
  /** Electricity of data rooms by that of their IT; null without meters of both. */
  powerUsageEffectiveness: z.number().nullable(),
  /** What the ratio is made of; with a meter missing both sums are "at least", and the ratio is none to hold anybody to. */
  dataCentre: z
    .object({
      totalKwh: z.number().nullable(),
      itKwh: z.number().nullable(),
      powerUsageEffectiveness: z.number().nullable(),
      atLeast: z.boolean(),
      missing: z.array(z.string()),
    })
    .nullable(),
  /** Complete days so far against the same days before. */
  yearOnYear: Change.nullable(),
  /** 可比口径: both sides with the meters held at the end, and the area and users of bodies that merged into it since; null: nothing changed hands. */
  comparableYearOnYear: Change.nullable(),
  monthOnMonth: Change.nullable(),
});

export const CloseYear = z.strictObject({
  year: z.int().min(1990).max(2098),
  reason: text(500).min(1),
  coefficientSet: text(32).default('calorific'),
  emissionRegion: text(32).default('jiangsu'),
});
export const ClosedYear = z.object({ institutionId: Id, year: z.int(), closedAt: Instant, figures: Figures });

export const IndicatorTotals = z.object({
  from: Day,
  to: Day,
  institutions: z.int(),
  /** Null for groups below three: small totals would tell of single institutions. */
  comprehensiveKgce: z.number().nullable(),
  perAreaKgce: z.number().nullable(),
  perCapitaKgce: z.number().nullable(),
  waterPerCapitaM3: z.number().nullable(),
  carbonKg: z.number().nullable(),
  carbonPerAreaKg: z.number().nullable(),
  /** Institutions whose figures are "at least"; they count with what is known. */
  atLeastInstitutions: z.int(),
  versions: z.object({ factors: z.array(Id) }),
});
