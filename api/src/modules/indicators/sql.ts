import type { Db, Tx } from '@ganzhi/schemas/db';
import { asKnown, meterDaysOf } from '../../energy/known.ts';
import type { Days } from '../../lib/day.ts';
import type { Figures } from './rules.ts';

export interface SnapshotRow {
  figures: Figures;
  closed_at: number;
  closed_by: string;
}

/** The figures a closed year keeps, as known on an instant. */
export async function snapshotOf(
  db: Db | Tx,
  institutionId: number,
  year: number,
  knownOn: number,
): Promise<SnapshotRow | undefined> {
  const { rows } = await db.query<SnapshotRow>(
    `select figures, closed_at, closed_by from energy.indicator_snapshot
     where institution_id = $1 and year = $2 and closed_at <= $3 order by closed_at desc limit 1`,
    [institutionId, year, new Date(knownOn)],
  );
  return rows[0];
}

export async function insertSnapshot(
  tx: Tx,
  row: { institutionId: number; year: number; figures: Figures; by: string; at: number; reason: string },
): Promise<void> {
  await tx.query(
    `insert into energy.indicator_snapshot (institution_id, year, figures, closed_at, closed_by, reason)
     values ($1, $2, $3, $4, $5, $6)`,
    [row.institutionId, row.year, JSON.stringify(row.figures), new Date(row.at), row.by, row.reason],
  );
}

/** Institutions of a group that have anything to add up: a meter, an account, a series or a share. */
export async function groupOf(db: Db, group: { division?: string | undefined; type?: string | undefined }) {
  const { rows } = await db.query<{ id: number }>(
    `select i.id from registry.institution i
     where ($1::text is null or i.division_code = $1) and ($2::text is null or i.type_code = $2)
       and i.id in (select institution_id from registry.meter where role = 'main'
         union select institution_id from registry.former_holding where role = 'main'
         union select institution_id from energy.utility_account union select institution_id from energy.series
         union select institution_id from energy.allocation_share)
     order by i.id`,
    [group.division ?? null, group.type ?? null],
  );
  return rows.map(({ id }) => id);
}

export interface RoomMeter {
  purpose: 'data-centre' | 'it';
  meterId: number;
  code: string;
  /** kWh; null: nothing is known. */
  energy: string | null;
  /** Some of its days are not known, or disputed. */
  missing: boolean;
}

/**
 * Meters of data rooms and of their IT, with their electricity in a span (domain handbook §2.3, PUE).
 *
 * @param over the first day that is not over yet: later ones are not missing
 */
export async function dataCentre(
  db: Db,
  institutionId: number,
  days: Days,
  over: string,
  knownOn?: number,
): Promise<RoomMeter[]> {
  const at = knownOn === undefined ? undefined : '$4::timestamptz';
  const { rows } = await db.query<RoomMeter>(
    `select u.purpose, h.meter_id as "meterId", h.code, d.energy, d.disputed or d.days < least(x.to_day, $5::date) - x.from_day as missing
     from energy.meter_use u
     join registry.held_meters(array[$1::int4], $4, null) h on h.meter_id = u.meter_id and h.medium = 'electricity'
     cross join lateral (select greatest(u.valid_from, h.from_day, $2::date) as from_day,
       least(u.valid_to, h.to_day, $3::date) as to_day) x
     cross join lateral (select sum(d.certain + d.shaped) as energy, coalesce(bool_or(d.disputed <> 0), false) as disputed,
         count(*) filter (where d.day < $5::date)::int4 as days
       from ${meterDaysOf('array[u.meter_id]', 'x.from_day', 'x.to_day', at)} d) d
     where u.purpose in ('data-centre', 'it') and u.recorded_at <= $4 and x.from_day < x.to_day
     order by 1, 3`,
    [institutionId, days.from, days.to, asKnown(knownOn), over],
  );
  return rows;
}
