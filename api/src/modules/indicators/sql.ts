import type { Db, Tx } from '@ganzhi/schemas/db';
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
         union select institution_id from energy.utility_account union select institution_id from energy.series
         union select institution_id from energy.allocation_share)
     order by i.id`,
    [group.division ?? null, group.type ?? null],
  );
  return rows.map(({ id }) => id);
}

/** Electricity of data rooms and of their IT in a span, kWh; null where no meter is named for it. */
export async function dataCentre(db: Db, institutionId: number, days: Days) {
  const { rows } = await db.query<{ total: string | null; it: string | null }>(
    `select sum(d.certain + d.shaped) filter (where u.purpose = 'data-centre') as total,
       sum(d.certain + d.shaped) filter (where u.purpose = 'it') as it
     from energy.meter_use u
     join registry.meter m on m.id = u.meter_id and m.medium = 'electricity' and m.institution_id = $1
     cross join lateral energy.meter_days(array[u.meter_id], $2::date, $3::date) d
     where u.purpose in ('data-centre', 'it') and d.day >= u.valid_from and (u.valid_to is null or d.day < u.valid_to)`,
    [institutionId, days.from, days.to],
  );
  return rows[0] ?? { total: null, it: null };
}
