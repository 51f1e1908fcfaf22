import { dateText } from '@ganzhi/schemas';
import type { Db, Tx } from '@ganzhi/schemas/db';
import { readBases } from '../../energy/base.ts';
import { readChildren, readParts } from '../../energy/parts.ts';
import { type Reference, readReference } from '../../energy/reference.ts';
import { wrongField } from '../../errors/refuse.ts';
import { checkedDays, type Days, daysBetween, elapsedDays, firstDay, yearDays } from '../../lib/day.ts';
import { yearOf } from '../../lib/time.ts';
import { type Choice, type Computed, figuresOf } from './rules.ts';
import { snapshotOf } from './sql.ts';

/**
 * The days a query means; the running year when none are given.
 *
 * @throws Refusal `invalid-request` when they are empty or span two calendar years: factors are those of one year
 */
export function wantedDays(query: { from?: string | undefined; to?: string | undefined }, now: number): Days {
  const usual = yearDays(query.from ? Number(query.from.slice(0, 4)) : yearOf(now));
  const days = checkedDays({ from: query.from ?? usual.from, to: query.to ?? usual.to });
  if (days.to <= yearDays(Number(days.from.slice(0, 4))).to) return days;
  throw wrongField('to', {
    zh: '起止日期须在同一日历年内：折标系数与排放因子按年取用。',
    en: 'Both days must lie in one calendar year: coefficients and emission factors are those of a year.',
  });
}

/** @throws Refusal `invalid-request` naming the field when a set or region is not on file */
export function checkedChoice<T extends Choice>(choice: T, { variants }: Reference): T {
  const known = (kind: 'coefficient' | 'emission') =>
    variants.filter((one) => one.kind === kind).map(({ code }) => code);
  const check = (field: 'coefficientSet' | 'emissionRegion', codes: readonly string[]) => {
    if (codes.includes(choice[field])) return;
    throw wrongField(field, {
      zh: `没有此项，可用：${codes.join('、')}。`,
      en: `There is no such entry; known are ${codes.join(', ')}.`,
    });
  };
  check('coefficientSet', known('coefficient'));
  check('emissionRegion', known('emission'));
  return choice;
}

/** Figures of some institutions over a span, as of `clock` or, if chosen, as known before; ids that are not there are left out. */
export async function computeFigures(
  db: Db | Tx,
  ids: readonly number[],
  days: Days,
  choice: Choice,
  clock: number,
  reference?: Reference,
): Promise<Map<number, Computed>> {
  const { knownOn } = choice;
  const now = Math.min(clock, knownOn ?? clock);
  const known = reference ?? (await readReference(db));
  const elapsed = elapsedDays(days, now);
  const base = await readBases(db, ids, daysBetween(elapsed) > 0 ? elapsed : days, now);
  const parts = Map.groupBy(await readParts(db, ids, days, { knownOn }), (part) => part.institutionId);
  const children = Map.groupBy(await readChildren(db, ids, days, now, { knownOn }), (child) => child.institutionId);
  return new Map(
    Array.from(base, ([id, of]) => {
      const mine = { parts: parts.get(id) ?? [], children: children.get(id) ?? [], base: of };
      return [id, figuresOf(mine, known, days, choice)];
    }),
  );
}

/** Days of a span that are over: what may be compared with the same days before. */
export function completeDays(days: Days, now: number): Days | undefined {
  const today = dateText(now);
  const to = firstDay(days.to, today);
  return to > days.from ? { from: days.from, to } : undefined;
}

/** A closed year keeps its figures for the set and region it was closed with; another choice is computed anew. */
export async function closedFigures(db: Db, id: number, days: Days, choice: Choice, now: number) {
  const year = Number(days.from.slice(0, 4));
  if (days.from !== yearDays(year).from || days.to !== yearDays(year).to) return undefined;
  const found = await snapshotOf(db, id, year, choice.knownOn ?? now);
  const same =
    found?.figures.coefficientSet === choice.coefficientSet && found.figures.emissionRegion === choice.emissionRegion;
  return same ? found : undefined;
}
