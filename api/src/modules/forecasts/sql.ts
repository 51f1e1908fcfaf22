import type { Db } from '@ganzhi/schemas/db';
import { asKnown, meterDaysOf } from '../../energy/known.ts';
import type { Days } from '../../lib/day.ts';

export interface DailyEnergy {
  day: string;
  energy: string;
  /** Main meters it comes from, and how many there were that day. */
  meters: number;
  of: number;
}

/**
 * Energy of the main meters by day.
 *
 * @param standing as of when it is known; with `heldOn`, of the meters held on that day all along, else of those of each day
 */
export async function dailyEnergy(
  db: Db,
  institutionId: number,
  medium: string,
  days: Days,
  { knownOn, heldOn }: { knownOn?: number | undefined; heldOn?: string },
): Promise<DailyEnergy[]> {
  const at = knownOn === undefined ? undefined : '$5::timestamptz';
  const { rows } = await db.query<DailyEnergy>(
    `with main as materialized (
       select * from registry.held_meters(array[$1::int4], $5, $6) where medium = $2 and role = 'main')
     select d.day, sum(m.sign * (d.certain + d.shaped)) as energy, count(*)::int4 as meters,
       (select count(*)::int4 from main x where x.from_day <= d.day and x.to_day > d.day) as of
     from (select array_agg(distinct meter_id) as ids from main) a
     cross join lateral ${meterDaysOf('a.ids', '$3::date', '$4::date', at)} d
     join main m on m.meter_id = d.meter_id and d.day >= m.from_day and d.day < m.to_day
     group by d.day order by d.day`,
    [institutionId, medium, days.from, days.to, asKnown(knownOn), heldOn ?? null],
  );
  return rows;
}
