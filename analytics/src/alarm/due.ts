import { DAY, dateText, dayStart, HOUR, MINUTE } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';

/** Hour of the Shanghai day at which the night has been booked: its last hour ends at 5. */
const NIGHT_IS_KNOWN_MS = 5 * HOUR + 20 * MINUTE;
/** Late data change what was found: looked at again no more often than this, and so far back; older ones at night. */
const LATE_PAUSE_MS = HOUR;
const LATE_DAYS = 8;
/** A ledger row is as old as the start of the transaction that wrote it. */
const COMMIT_MS = 10 * MINUTE;

/** The last moment at or before `now` at which a night had been booked. */
export function lastNight(now: number): number {
  const today = dayStart(now) + NIGHT_IS_KNOWN_MS;
  return today <= now ? today : today - DAY;
}

export interface Due {
  readonly institutionId: number;
  readonly typeCode: string;
}

/**
 * Institutions whose ledger has changed since they were looked at, after a night, or in days that were looked at. What is silent does
 * not change and costs nothing.
 */
export async function dueInstitutions(db: Db, now: number): Promise<Due[]> {
  const { rows } = await db.query<Due>(
    `with changed as (
       select m.institution_id as id, max(d.known_since) as at, max(d.known_since) filter (where d.day < $4::date) as late_at
       from ledger.day d join registry.meter m on m.id = d.meter_id and m.retired_at is null
       where d.day >= $1::date group by m.institution_id)
     select i.id as "institutionId", i.type_code as "typeCode"
     from changed c join registry.institution i on i.id = c.id
     left join alarm.looked l on l.institution_id = i.id
     where l.at is null or (l.at < $2 and c.at > l.at - $5::int8 * interval '1 millisecond')
       or (l.at < $3 and c.late_at > l.at)
     order by i.type_code, i.id`,
    [
      dateText(now - LATE_DAYS * DAY),
      new Date(lastNight(now)),
      new Date(now - LATE_PAUSE_MS),
      dateText(now),
      COMMIT_MS,
    ],
  );
  return rows;
}

/** Whether nobody has been looked at since the last night: what is looked at once for the whole city comes first. */
export async function isFirstOfNight(db: Db, now: number): Promise<boolean> {
  const { rows } = await db.query<{ first: boolean }>(
    'select coalesce(max(at) < $1, true) as first from alarm.looked',
    [new Date(lastNight(now))],
  );
  return rows[0]?.first ?? true;
}

/** Begin of the oldest living alarm of some kinds, by institution. */
export async function oldestLiving(
  db: Db,
  institutionIds: readonly number[],
  kinds: ReadonlySet<string>,
): Promise<Map<number, number>> {
  const { rows } = await db.query<{ id: number; began: number }>(
    `select institution_id as id, min(began_at) as began from alarm.alarm
     where state <> 'confirmed' and institution_id = any($1::int4[]) and kind = any($2::text[]) group by institution_id`,
    [institutionIds, [...kinds]],
  );
  return new Map(rows.map(({ id, began }) => [id, began]));
}

const USUAL_DAYS = 42;
/** What was usual before an alarm. */
const BEFORE_DAYS = 21;

/**
 * How far back to read: six weeks, and what shows the beginning of a living alarm and what was usual before it.
 *
 * @param most days at most
 */
export function windowStart(began: number | undefined, now: number, most: number): number {
  const usual = now - USUAL_DAYS * DAY;
  return dayStart(Math.max(Math.min(usual, (began ?? now) - BEFORE_DAYS * DAY), now - most * DAY));
}

export async function markLooked(
  db: Db,
  institutionIds: readonly number[],
  look: { at: number; toMs: number; tookMs: number; meters: number; findings: number },
): Promise<void> {
  await db.query(
    `insert into alarm.looked (institution_id, at, to_ts, took_ms, meters, findings)
     select i, $2, $3, $4, $5, $6 from unnest($1::int4[]) i
     on conflict (institution_id) do update set at = excluded.at, to_ts = excluded.to_ts, took_ms = excluded.took_ms,
       meters = excluded.meters, findings = excluded.findings`,
    [
      institutionIds,
      new Date(look.at),
      new Date(look.toMs),
      Math.round(look.tookMs / institutionIds.length),
      Math.round(look.meters / institutionIds.length),
      look.findings,
    ],
  );
}
