/**
 * Price of energy by time of use (domain handbook §2.10). Only the purchase component floats; losses, transport, system cost
 * and funds do not. Content of a tariff is data; this file knows no price.
 */
import { GanzhiError } from '@ganzhi/schemas';
import { z } from 'zod';
import { DAY_TYPES, type DayType } from './calendar.ts';
import { add, decimal, multiply, type Rational, ZERO } from './rational.ts';

export const BANDS = ['sharp', 'peak', 'flat', 'valley'] as const;
export type Band = (typeof BANDS)[number];

const Decimal = z.string().regex(/^\d{1,12}(\.\d{1,8})?$/);
const Hour = z.int().min(0).max(24);

const Slot = z.strictObject({ fromHour: Hour, toHour: Hour, band: z.enum(BANDS) });

/** What a tariff says. Prices are decimal texts, CNY per unit of the carrier. */
export const TariffContent = z.strictObject({
  /** Months 1 to 12 by season; every hour of every month belongs to exactly one slot. */
  seasons: z
    .array(
      z.strictObject({
        months: z.array(z.int().min(1).max(12)).min(1).max(12),
        dayTypes: z
          .array(z.enum(DAY_TYPES))
          .min(1)
          .default([...DAY_TYPES]),
        slots: z.array(Slot).min(1).max(24),
      }),
    )
    .min(1)
    .max(48),
  /** The component that floats with the band. */
  purchase: Decimal,
  /** All other components together. */
  other: Decimal,
  /** Factor on the purchase component: peak "1.7" is +70 %. */
  multipliers: z.strictObject({ sharp: Decimal, peak: Decimal, flat: Decimal, valley: Decimal }),
  /** Fixed charges a month, CNY: by transformer capacity or by maximum demand. */
  capacity: z
    .strictObject({
      perKvaMonth: Decimal,
      perKwDemandMonth: Decimal,
      /** Of the contracted demand; what is measured above it costs the multiple besides. */
      demandTolerance: Decimal.default('1.05'),
      excessMultiplier: Decimal.default('2'),
    })
    .optional(),
});
export type TariffContent = z.infer<typeof TariffContent>;

/** What is wrong with a tariff's hours, or undefined: an hour without a band or with two would price energy at will. */
export function tariffFault(content: TariffContent): string | undefined {
  for (let month = 1; month <= 12; month += 1) {
    for (const type of DAY_TYPES) {
      const seasons = content.seasons.filter((one) => one.months.includes(month) && one.dayTypes.includes(type));
      if (seasons.length !== 1) return `month ${month}, ${type}: ${seasons.length} seasons instead of one`;
      for (let hour = 0; hour < 24; hour += 1) {
        const found = (seasons[0]?.slots ?? []).filter((slot) => holds(slot, hour)).length;
        if (found !== 1) return `month ${month}, ${type}, hour ${hour}: ${found} slots instead of one`;
      }
    }
  }
  return undefined;
}

/** A slot may run over midnight: 22 to 2. */
const holds = ({ fromHour, toHour }: z.infer<typeof Slot>, hour: number): boolean =>
  fromHour < toHour ? hour >= fromHour && hour < toHour : hour >= fromHour || hour < toHour;

/**
 * Band of an hour.
 *
 * @throws GanzhiError `internal` on a tariff that `tariffFault` would refuse
 */
export function bandAt(content: TariffContent, month: number, type: DayType, hour: number): Band {
  const season = content.seasons.find((one) => one.months.includes(month) && one.dayTypes.includes(type));
  const band = season?.slots.find((slot) => holds(slot, hour))?.band;
  if (!band) throw new GanzhiError('internal', `the tariff has no band for month ${month}, hour ${hour}`);
  return band;
}

/** CNY per unit: purchase × multiplier + other. */
export const priceOf = (content: TariffContent, band: Band): Rational =>
  add(multiply(decimal(content.purchase), decimal(content.multipliers[band])), decimal(content.other));

export interface BandUse {
  readonly band: Band;
  readonly quantity: Rational;
  readonly cny: Rational;
}

/** Quantity and cost by band; bands without use are left out. */
export function costByBand(content: TariffContent, uses: readonly { band: Band; quantity: Rational }[]): BandUse[] {
  return BANDS.flatMap((band) => {
    const mine = uses.filter((use) => use.band === band);
    if (mine.length === 0) return [];
    const quantity = mine.reduce((total, use) => add(total, use.quantity), ZERO);
    return [{ band, quantity, cny: multiply(quantity, priceOf(content, band)) }];
  });
}
