import type { Db } from '@ganzhi/schemas/db';
import type { Days } from '../../lib/day.ts';

/** Energy of the main meters by day, and how many of them it comes from. */
export async function dailyEnergy(db: Db, institutionId: number, medium: string, days: Days) {
  const { rows } = await db.query<{ day: string; energy: string; meters: number; of: number }>(
    `with main as (select array_agg(m.id) as ids, count(*)::int4 as n from registry.meter m
       where m.institution_id = $1 and m.medium = $2 and m.role = 'main')
     select d.day, sum(d.certain + d.shaped) as energy, count(*)::int4 as meters, max(main.n) as of
     from main cross join lateral energy.meter_days(main.ids, $3::date, $4::date) d group by d.day order by d.day`,
    [institutionId, medium, days.from, days.to],
  );
  return rows;
}
