import type { Db, Tx } from '@ganzhi/schemas/db';
import { type Days, dayInstant } from '../../lib/day.ts';

export async function stationExists(db: Db | Tx, code: string): Promise<boolean> {
  const { rowCount } = await db.query('select from energy.weather_station where code = $1', [code]);
  return rowCount === 1;
}

/** New hours and those that differ; a corrected hour replaces the earlier figure. Gives how many. */
export async function storeHours(
  tx: Tx,
  station: string,
  source: string,
  hours: readonly { hour: number; meanC: number }[],
  now: number,
): Promise<number> {
  const { rowCount } = await tx.query(
    `insert into energy.temperature_hour as t (station, hour, mean_c, source, known_since)
     select $1, h.hour, round(h.mean_c, 1), $2, $5 from unnest($3::timestamptz[], $4::numeric[]) as h(hour, mean_c)
     on conflict (station, hour) do update
       set mean_c = excluded.mean_c, source = excluded.source, known_since = excluded.known_since
     where t.mean_c <> excluded.mean_c`,
    [station, source, hours.map(({ hour }) => new Date(hour)), hours.map(({ meanC }) => meanC), new Date(now)],
  );
  return rowCount ?? 0;
}

/** Hourly means by Shanghai day. */
export async function hoursByDay(db: Db, station: string, days: Days): Promise<Map<string, number[]>> {
  const { rows } = await db.query<{ day: string; means: string[] }>(
    `select (hour at time zone 'Asia/Shanghai')::date as day, array_agg(mean_c::text order by hour) as means
     from energy.temperature_hour where station = $1 and hour >= $2 and hour < $3 group by 1`,
    [station, new Date(dayInstant(days.from)), new Date(dayInstant(days.to))],
  );
  return new Map(rows.map(({ day, means }) => [day, means.map(Number)]));
}
