import type { Db, Tx } from '@ganzhi/schemas/db';
import { type Days, dayInstant } from '../../lib/day.ts';

export async function stationExists(db: Db | Tx, code: string): Promise<boolean> {
  const { rowCount } = await db.query('select from energy.weather_station where code = $1', [code]);
  return rowCount === 1;
}

/**
 * New hours and those that differ; a corrected hour replaces the earlier figure, but never a provisional one a final one. Gives
 * how many.
 */
export async function storeHours(
  db: Db | Tx,
  station: string,
  source: string,
  hours: readonly { hour: number; meanC: number; provisional: boolean }[],
  now: number,
): Promise<number> {
  const { rowCount } = await db.query(
    `insert into energy.temperature_hour as t (station, hour, mean_c, source, known_since, provisional)
     select $1, h.hour, round(h.mean_c, 1), $2, $5, h.provisional
     from unnest($3::timestamptz[], $4::numeric[], $6::boolean[]) as h(hour, mean_c, provisional)
     on conflict (station, hour) do update set mean_c = excluded.mean_c, source = excluded.source,
       known_since = excluded.known_since, provisional = excluded.provisional
     where (t.mean_c, t.provisional) is distinct from (excluded.mean_c, excluded.provisional)
       and (t.provisional or not excluded.provisional)`,
    [
      station,
      source,
      hours.map(({ hour }) => new Date(hour)),
      hours.map(({ meanC }) => meanC),
      new Date(now),
      hours.map(({ provisional }) => provisional),
    ],
  );
  return rowCount ?? 0;
}

export interface KnownHours {
  meansC: number[];
  provisional: boolean;
}

/** Hourly means by Shanghai day, and whether some of them may still change. */
export async function hoursByDay(db: Db, station: string, days: Days): Promise<Map<string, KnownHours>> {
  const { rows } = await db.query<{ day: string; means: string[]; provisional: boolean }>(
    `select (hour at time zone 'Asia/Shanghai')::date as day, array_agg(mean_c::text order by hour) as means,
       bool_or(provisional) as provisional
     from energy.temperature_hour where station = $1 and hour >= $2 and hour < $3 group by 1`,
    [station, new Date(dayInstant(days.from)), new Date(dayInstant(days.to))],
  );
  return new Map(rows.map(({ day, means, provisional }) => [day, { meansC: means.map(Number), provisional }]));
}

/** Shanghai day of the oldest hour that may still change; null: none. */
export async function oldestProvisional(db: Db, station: string): Promise<string | null> {
  const { rows } = await db.query<{ day: string | null }>(
    `select (min(hour) at time zone 'Asia/Shanghai')::date as day from energy.temperature_hour
     where station = $1 and provisional`,
    [station],
  );
  return rows[0]?.day ?? null;
}

export async function feedSucceeded(db: Db, station: string, source: string, at: number): Promise<void> {
  await db.query(
    `insert into energy.temperature_feed (station, source, last_ok_at) values ($1, $2, $3)
     on conflict (station) do update set source = excluded.source, last_ok_at = excluded.last_ok_at, failures = 0, reason = null`,
    [station, source, new Date(at)],
  );
}

export async function feedFailed(db: Db, station: string, source: string, reason: string, at: number): Promise<void> {
  await db.query(
    `insert into energy.temperature_feed as f (station, source, last_failed_at, failures, reason)
     select code, $2, $3, 1, $4 from energy.weather_station where code = $1
     on conflict (station) do update set source = excluded.source, last_failed_at = excluded.last_failed_at,
       failures = f.failures + 1, reason = excluded.reason`,
    [station, source, new Date(at), reason],
  );
}

export interface FeedRow {
  station: string;
  source: string;
  lastOkAt: number | null;
  lastFailedAt: number | null;
  failures: number;
  reason: string | null;
}

export async function feeds(db: Db): Promise<FeedRow[]> {
  const { rows } = await db.query<FeedRow>(
    `select station, source, last_ok_at as "lastOkAt", last_failed_at as "lastFailedAt", failures, reason
     from energy.temperature_feed order by station`,
  );
  return rows;
}
