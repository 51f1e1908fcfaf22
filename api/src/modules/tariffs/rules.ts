import {
  type Band,
  type BandUse,
  bandAt,
  type CalendarOverrides,
  costByBand,
  dayType,
  inForce,
  rational,
  TariffContent,
  timeline,
} from '@ganzhi/analytics/rules';
import { dateText, HOUR } from '@ganzhi/schemas';
import type { z } from 'zod';
import type { Days } from '../../lib/day.ts';
import type { Costs } from './schema.ts';
import type { assignmentsOf, DatedTariff } from './sql.ts';

type Rational = rational.Rational;

interface HourOfUse {
  readonly hour: number;
  readonly quantity: string;
}

export interface CostInput {
  days: Days;
  hours: readonly HourOfUse[];
  /** Hours of gaps whose total is certain. */
  estimated: readonly HourOfUse[];
  /** Hours of meters that are silent: in no total. */
  unsettled: readonly HourOfUse[];
  certain: string | null;
  billed: string | null;
  tariffs: readonly DatedTariff[];
  assignments: Awaited<ReturnType<typeof assignmentsOf>>;
  overrides: CalendarOverrides;
  /** Tariffs and assignments as they stood on file then; undefined: now. */
  knownOn?: number | undefined;
}

/** What energy costs; the charges of its months come beside it. */
export type EnergyCosts = Omit<z.infer<typeof Costs>, 'charges' | 'partialMonths' | 'totalCny' | 'atLeast' | 'missing'>;

interface Priced {
  readonly uses: readonly BandUse[];
  readonly unpricedHours: number;
  readonly provisional: boolean;
  readonly sample: boolean;
  readonly tariffs: readonly number[];
  readonly assignments: readonly number[];
}

/** Cost by band: each hour at the tariff, season, day type and slot in force then (domain handbook §2.10). */
export function costsOf(input: CostInput): EnergyCosts {
  const price = pricing(input);
  const booked = price(input.hours);
  const estimated = price(input.estimated);
  const unsettled = price(input.unsettled);
  const ascending = (list: readonly number[]) => [...new Set(list)].sort((a, b) => a - b);
  return {
    ...summary(input, booked.uses, estimated.uses),
    unsettled: shown(unsettled.uses, rational.sum(input.unsettled.map(({ quantity }) => rational.decimal(quantity)))),
    unpricedHours: booked.unpricedHours,
    provisional: booked.provisional || estimated.provisional,
    sample: booked.sample || estimated.sample,
    versions: {
      tariffs: ascending([...booked.tariffs, ...estimated.tariffs]),
      assignments: ascending([...booked.assignments, ...estimated.assignments]),
    },
  };
}

/** How hours are priced by the tariffs assigned to an institution. */
function pricing({ assignments, tariffs, overrides, knownOn }: CostInput): (hours: readonly HourOfUse[]) => Priced {
  const assigned = timeline(assignments, knownOn);
  const byCode = new Map(
    Array.from(
      Map.groupBy(tariffs, ({ code }) => code),
      ([code, list]) => [code, timeline(list, knownOn)],
    ),
  );
  const contents = new Map<number, TariffContent>();
  return (hours) => {
    const uses = new Map<number, { band: Band; quantity: Rational }[]>();
    const usedAssignments = new Set<number>();
    let [unpricedHours, provisional, sample] = [0, false, false];
    for (const { hour, quantity } of hours) {
      const day = dateText(hour);
      const assignment = inForce(assigned, day);
      const tariff = assignment && inForce(byCode.get(assignment.tariffCode) ?? [], day);
      if (!assignment || !tariff) {
        unpricedHours += 1;
        continue;
      }
      const content = contents.get(tariff.id) ?? TariffContent.parse(tariff.content);
      contents.set(tariff.id, content);
      usedAssignments.add(assignment.id);
      const calendar = dayType(day, overrides);
      provisional ||= calendar.provisional;
      sample ||= tariff.sample;
      const hourOfDay = new Date(hour + 8 * HOUR).getUTCHours();
      const band = bandAt(content, Number(day.slice(5, 7)), calendar.type, hourOfDay);
      const list = uses.get(tariff.id) ?? [];
      list.push({ band, quantity: rational.decimal(quantity) });
      uses.set(tariff.id, list);
    }
    const priced = Array.from(uses, ([id, list]) => {
      const content = contents.get(id);
      return content ? costByBand(content, list) : [];
    }).flat();
    return {
      uses: priced,
      unpricedHours,
      provisional,
      sample,
      tariffs: [...uses.keys()],
      assignments: [...usedAssignments],
    };
  };
}

const totalOf = (uses: readonly BandUse[], pick: (use: BandUse) => Rational): Rational => rational.sum(uses.map(pick));
const quantityOf = (uses: readonly BandUse[]): Rational => totalOf(uses, (use) => use.quantity);
const cnyOf = (uses: readonly BandUse[]): Rational => totalOf(uses, (use) => use.cny);

/** A quantity with its cost; no cost where there is a quantity and no price for any of it. */
const shown = (uses: readonly BandUse[], quantity: Rational) => ({
  quantity: rational.toNumber(quantity),
  cny: uses.length === 0 && !rational.isZero(quantity) ? null : rational.toNumber(cnyOf(uses), 2),
});

function summary(
  { days, hours, certain, billed }: CostInput,
  bookedUses: readonly BandUse[],
  estimatedUses: readonly BandUse[],
) {
  const priced = [...bookedUses, ...estimatedUses];
  const [quantity, cny] = [quantityOf(priced), cnyOf(priced)];
  const booked = rational.sum(hours.map((hour) => rational.decimal(hour.quantity)));
  const known = rational.add(booked, quantityOf(estimatedUses));
  const loose = rational.subtract(certain === null ? booked : rational.decimal(certain), known);
  const mean = rational.isZero(quantity) ? null : rational.divide(cny, quantity);
  const looseCny = mean && rational.multiply(mean, loose);
  const bands = Array.from(
    Map.groupBy(priced, ({ band }) => band),
    ([band, of]) => ({ band, quantity: rational.toNumber(quantityOf(of)), cny: rational.toNumber(cnyOf(of), 2) }),
  );
  return {
    from: days.from,
    to: days.to,
    unit: 'kWh',
    quantity: rational.toNumber(rational.add(known, loose)),
    tariffCny: looseCny && rational.toNumber(rational.add(cny, looseCny), 2),
    bands,
    estimated: shown(estimatedUses, quantityOf(estimatedUses)),
    unbanded: { quantity: rational.toNumber(loose), cny: looseCny && rational.toNumber(looseCny, 2) },
    billedCny: billed === null ? null : Number(billed),
  };
}
