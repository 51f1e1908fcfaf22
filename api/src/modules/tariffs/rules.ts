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

export interface CostInput {
  days: Days;
  hours: readonly { hour: number; quantity: string }[];
  certain: string | null;
  billed: string | null;
  tariffs: readonly DatedTariff[];
  assignments: Awaited<ReturnType<typeof assignmentsOf>>;
  overrides: CalendarOverrides;
}

/** Cost by band: each hour at the tariff, season, day type and slot in force then (domain handbook §2.10). */
export function costsOf(input: CostInput): z.infer<typeof Costs> {
  const assigned = timeline(input.assignments);
  const byCode = new Map(
    Array.from(
      Map.groupBy(input.tariffs, ({ code }) => code),
      ([code, list]) => [code, timeline(list)],
    ),
  );
  const contents = new Map<number, TariffContent>();
  const uses = new Map<number, { band: Band; quantity: Rational }[]>();
  const usedAssignments = new Set<number>();
  let [unpricedHours, provisional, sample] = [0, false, false];
  for (const { hour, quantity } of input.hours) {
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
    const calendar = dayType(day, input.overrides);
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
    ...summary(input, priced),
    unpricedHours,
    provisional,
    sample,
    versions: {
      tariffs: [...uses.keys()].sort((a, b) => a - b),
      assignments: [...usedAssignments].sort((a, b) => a - b),
    },
  };
}

function summary({ days, hours, certain, billed }: CostInput, priced: readonly BandUse[]) {
  const total = (pick: (use: BandUse) => Rational, of: readonly BandUse[] = priced) => rational.sum(of.map(pick));
  const [quantity, cny] = [total((use) => use.quantity), total((use) => use.cny)];
  const booked = rational.sum(hours.map((hour) => rational.decimal(hour.quantity)));
  const loose = rational.subtract(certain === null ? booked : rational.decimal(certain), booked);
  const mean = rational.isZero(quantity) ? null : rational.divide(cny, quantity);
  const looseCny = mean && rational.multiply(mean, loose);
  const bands = Array.from(
    Map.groupBy(priced, ({ band }) => band),
    ([band, of]) => ({
      band,
      quantity: rational.toNumber(total((use) => use.quantity, of)),
      cny: rational.toNumber(
        total((use) => use.cny, of),
        2,
      ),
    }),
  );
  return {
    from: days.from,
    to: days.to,
    unit: 'kWh',
    quantity: rational.toNumber(rational.add(booked, loose)),
    tariffCny: looseCny && rational.toNumber(rational.add(cny, looseCny), 2),
    bands,
    unbanded: { quantity: rational.toNumber(loose), cny: looseCny && rational.toNumber(looseCny, 2) },
    billedCny: billed === null ? null : Number(billed),
  };
}
