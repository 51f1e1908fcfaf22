import type { CalendarOverrides } from '../../energy/calendar.ts';
import type { DetectMeter, Grid, Series } from '../blocks.ts';
import type { Thresholds } from '../defaults.ts';
import { type Expected, useOf } from '../expect.ts';
import { type Finding, overlapMs } from '../finding.ts';
import { holidayUse } from './holiday.ts';
import { alwaysOn, offHours } from './shares.ts';
import { stepChanges } from './step.ts';
import { heatingAndCooling, mildWeatherCooling } from './weather.ts';

/** Meters of one institution with all that the waste detectors need. */
export interface House {
  readonly meters: readonly DetectMeter[];
  readonly series: ReadonlyMap<number, Series>;
  readonly expected: ReadonlyMap<number, Expected>;
  /** Courses by use (`useOf`). */
  readonly courses: ReadonlyMap<string, Float64Array>;
  readonly grid: Grid;
  readonly working: readonly boolean[];
  /** Mean outdoor temperature of each block, NaN where unknown. */
  readonly outdoorC: Float64Array;
  readonly thresholds: Thresholds;
  readonly calendar?: CalendarOverrides | undefined;
}

const AIR_CONDITIONING = 'B';

/**
 * The handbook's waste detectors (§4) beside leaks and what was left on: shares at main meters of electricity, steps at all of them, and
 * cooling against the weather. What another finding explains is not told twice.
 *
 * @param others findings that are known already: a wrong ratio is not a step
 */
export function wasteOfHouse(house: House, others: readonly Finding[]): Finding[] {
  const { meters, series, expected, courses, grid, working, outdoorC, thresholds, calendar } = house;
  const found = meters.flatMap((meter): Finding[] => {
    const [own, course, should] = [series.get(meter.id), courses.get(useOf(meter)), expected.get(meter.id)];
    if (meter.medium !== 'electricity' || !own || !course) return [];
    const subject = { meter, series: own, course, grid, working };
    const shares =
      meter.role === 'main'
        ? [
            ...alwaysOn(subject, thresholds.alwaysOn),
            ...offHours(subject, thresholds.offHours),
            ...holidayUse(subject, thresholds.holiday, calendar),
          ]
        : [];
    return [
      ...shares,
      ...(meter.item === AIR_CONDITIONING ? mildWeatherCooling(subject, outdoorC, thresholds.weather) : []),
      ...(should ? stepChanges(subject, should, thresholds.step) : []),
    ];
  });
  const both = meters
    .filter(({ medium }) => medium === 'heat')
    .flatMap((heat) =>
      meters
        .filter(({ medium, item }) => medium === 'electricity' && item === AIR_CONDITIONING)
        .flatMap((cooling) => {
          const [a, b] = [series.get(heat.id), series.get(cooling.id)];
          if (!a || !b) return [];
          return heatingAndCooling(
            { meter: heat, series: a, grid },
            { meter: cooling, series: b },
            outdoorC,
            thresholds.both,
          );
        }),
    );
  return unexplained([...found, ...both], others, meters);
}

/** Not what another kind of finding at the meter, or the same below it, explains. */
function unexplained(found: readonly Finding[], others: readonly Finding[], meters: readonly DetectMeter[]): Finding[] {
  const parents = new Map(meters.map(({ id, parentId }) => [id, parentId]));
  const isAbove = (above: number, id: number): boolean => {
    let at = parents.get(id) ?? null;
    for (let depth = 0; at !== null && depth < 20; depth += 1) {
      if (at === above) return true;
      at = parents.get(at) ?? null;
    }
    return false;
  };
  return found.filter((finding) => {
    const [own = 0] = finding.meterIds;
    const touches = (other: Finding) => other.meterIds.some((id) => id === own || isAbove(own, id));
    if (others.some((other) => overlapMs(other, finding) > 0 && touches(other))) return false;
    return !found.some(
      (other) =>
        other !== finding &&
        other.kind === finding.kind &&
        overlapMs(other, finding) > 0 &&
        other.meterIds.some((id) => isAbove(own, id)),
    );
  });
}
