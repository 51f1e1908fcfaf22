import type { VeeThreshold } from '@ganzhi/analytics/rules';
import type { Db, Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { cut, decodeCursor } from '../../lib/page.ts';
import type { Flag } from './flags.ts';
import type { JudgedMeter } from './rules.ts';
import type { NewCheckMeter, NewThreshold } from './schema.ts';

const THRESHOLD = `id, rule, parameter, medium, role, value::float8 as value, valid_from as "validFrom", reason,
  recorded_by as "recordedBy", recorded_at as "recordedAt"`;
export type ThresholdRow = z.infer<typeof NewThreshold> & { id: number; recordedBy: string; recordedAt: number };

export async function listThresholds(
  db: Db,
  { rule, limit, cursor }: { rule?: string | undefined; limit: number; cursor?: string | undefined },
) {
  const after = decodeCursor('id', cursor, { value: 'text', id: 'int4' });
  const { rows } = await db.query<ThresholdRow>(
    `select ${THRESHOLD} from ledger.vee_threshold where ($1::text is null or rule = $1) and id > $2::int4 order by id limit $3`,
    [rule ?? null, after?.id ?? 0, limit + 1],
  );
  return cut(rows, limit, 'id', (row) => ({ value: null, id: String(row.id) }));
}

export async function readThresholds(db: Db | Tx, rule: string): Promise<VeeThreshold[]> {
  const { rows } = await db.query<ThresholdRow>(`select ${THRESHOLD} from ledger.vee_threshold where rule = $1`, [
    rule,
  ]);
  return rows;
}

export async function insertThreshold(
  tx: Tx,
  row: z.infer<typeof NewThreshold>,
  by: string,
  at: number,
): Promise<ThresholdRow | undefined> {
  const { rows } = await tx.query<ThresholdRow>(
    `insert into ledger.vee_threshold (rule, parameter, medium, role, value, valid_from, reason, recorded_by, recorded_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${THRESHOLD}`,
    [row.rule, row.parameter, row.medium, row.role, row.value, row.validFrom, row.reason, by, new Date(at)],
  );
  return rows[0];
}

/** What a threshold of the classifier changes: every booked register of its kind that has readings from that day on. */
export async function markFrom(tx: Tx, row: z.infer<typeof NewThreshold>): Promise<number> {
  const { rowCount } = await tx.query(
    `insert into metering.dirty_span (meter_id, point, from_ts, to_ts, cause)
     select p.meter_id, p.point, d.since, last.ts, 'rule'
     from registry.meter m
     join registry.point p on p.meter_id = m.id and p.point = registry.booked_point(m.medium)
     cross join (select $1::date::timestamp at time zone 'Asia/Shanghai' as since) d
     cross join lateral (select r.ts from metering.reading r where r.meter_id = p.meter_id and r.point = p.point and r.ts >= d.since
       order by r.ts desc limit 1) last
     where ($2::text is null or m.medium = $2) and ($3::text is null or m.role = $3)`,
    [row.validFrom, row.medium, row.role],
  );
  return rowCount ?? 0;
}

/** Booked meters in the scope of the caller. */
export async function metersToJudge(
  db: Db | Tx,
  filter: {
    institutionId?: number | undefined;
    meterId?: number | undefined;
    medium?: string | undefined;
    afterId?: number;
  },
  limit: number,
): Promise<JudgedMeter[]> {
  const { rows } = await db.query<JudgedMeter>(
    `select m.id, m.code, m.medium, m.role from registry.meter m
     where m.medium <> 'environment' and ($1::int4 is null or m.institution_id = $1) and ($2::int4 is null or m.id = $2)
       and ($3::text is null or m.medium = $3) and m.id > $4 order by m.id limit $5`,
    [filter.institutionId ?? null, filter.meterId ?? null, filter.medium ?? null, filter.afterId ?? 0, limit],
  );
  return rows;
}

/** Hours that flags touch, and what the ledger holds in them and in spans that reach into the flags, by unit. */
export async function heldIn(db: Db | Tx, flags: readonly Flag[]) {
  const { rows } = await db.query<{ unit: string; hours: number; quantity: string }>(
    `with flag as (
       select f.meter_id, f.from_ts, greatest(f.to_ts, f.from_ts + interval '1 microsecond') as to_ts
       from unnest($1::int4[], $2::timestamptz[], $3::timestamptz[]) f(meter_id, from_ts, to_ts)),
     register as (
       select m.id, p.point, p.unit_value, q.unit from registry.meter m
       join registry.point p on p.meter_id = m.id and p.point = registry.booked_point(m.medium)
       join registry.quantity q on q.id = p.point
       where m.id = any($1::int4[])),
     slot as materialized (
       select distinct f.meter_id, g as hour from flag f
       cross join lateral generate_series(date_trunc('hour', f.from_ts), f.to_ts - interval '1 microsecond', interval '1 hour') g),
     booked as (
       select r.unit, count(*)::int4 as hours, coalesce(sum(h.energy * r.unit_value), 0) as energy
       from slot s join register r on r.id = s.meter_id
       left join lateral (select h.counts::numeric * h.ratio as energy from ledger.hour h
         where h.meter_id = r.id and h.point = r.point and h.hour = s.hour offset 0) h on true
       group by r.unit),
     touched as (
       select distinct s.meter_id, s.from_ts, s.counts::numeric * s.ratio as energy, r.unit, r.unit_value
       from flag f join register r on r.id = f.meter_id
       join ledger.span s on s.meter_id = r.id and s.point = r.point and s.from_ts < f.to_ts and s.to_ts > f.from_ts),
     loose as (select unit, sum(energy * unit_value) as energy from touched group by unit)
     select b.unit, b.hours, trim_scale(b.energy + coalesce(l.energy, 0))::text as quantity
     from booked b left join loose l using (unit) order by b.unit`,
    [
      flags.map(({ meterId }) => meterId),
      flags.map(({ fromTs }) => new Date(fromTs)),
      flags.map(({ toTs }) => new Date(toTs)),
    ],
  );
  return rows;
}

const CHECK_METER = `id, meter_id as "meterId", check_meter_id as "checkMeterId", valid_from as "from", valid_to as "to", note,
  recorded_by as "recordedBy", recorded_at as "recordedAt"`;
export interface CheckMeterRow {
  id: number;
  meterId: number;
  checkMeterId: number;
  from: number;
  to: number | null;
  note: string;
  recordedBy: string;
  recordedAt: number;
}

/** The medium of a meter that the caller may see; undefined when there is none. */
export async function mediumOf(db: Db | Tx, meterId: number): Promise<string | undefined> {
  const { rows } = await db.query<{ medium: string }>('select medium from registry.meter where id = $1', [meterId]);
  return rows[0]?.medium;
}

export async function listCheckMeters(db: Db, meterId: number): Promise<CheckMeterRow[]> {
  const { rows } = await db.query<CheckMeterRow>(
    `select ${CHECK_METER} from ledger.check_meter where meter_id = $1 order by id desc`,
    [meterId],
  );
  return rows;
}

export async function insertCheckMeter(
  tx: Tx,
  meterId: number,
  row: z.infer<typeof NewCheckMeter>,
  by: string,
  at: number,
): Promise<CheckMeterRow | undefined> {
  const { rows } = await tx.query<CheckMeterRow>(
    `insert into ledger.check_meter (meter_id, check_meter_id, valid_from, valid_to, note, recorded_by, recorded_at)
     values ($1, $2, $3, $4, $5, $6, $7) returning ${CHECK_METER}`,
    [
      meterId,
      row.checkMeterId,
      new Date(row.from),
      row.to === null ? null : new Date(row.to),
      row.note,
      by,
      new Date(at),
    ],
  );
  return rows[0];
}
