import { dateText } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Interval } from '../consumption/buckets.ts';
import { ARRIVAL_MS, USUAL_INTERVAL_S } from '../consumption/rules.ts';
import type { BookedMedium } from '../consumption/schema.ts';

export interface ComplianceRow {
  code: string;
  name_zh: string;
  name_en: string;
  type_zh: string;
  type_en: string;
  division_zh: string;
  division_en: string;
  area_m2: string;
  medium: BookedMedium;
  constraint_value: string;
  base_value: string;
  guide_value: string;
  unit: string;
  source_document: string;
  sample: boolean;
  meters: number;
  interval_s: number;
  /** Null: no day has any. */
  booked: string | null;
  covered_s: bigint;
  undistributed: string | null;
  disputed: string;
  /** Every main meter has its register at both ends, nothing reaches over an end, nothing is disputed. */
  wholly_known: boolean;
}

/** Every quota of a year with what the institution used in it, set by set: one pass over days, spans and meters. */
export async function complianceRows(db: Db, year: number, span: Interval, now: number): Promise<ComplianceRow[]> {
  const { rows } = await db.query<ComplianceRow>(
    `with main as (
       select institution_id, medium, count(*)::int as meters, max(interval_s) as interval_s,
         bool_and(
           exists (select from metering.reading r where r.meter_id = m.id and r.point = registry.booked_point(m.medium)
             and r.quality <> 2 and r.ts <= $2)
           and exists (select from metering.reading r where r.meter_id = m.id and r.point = registry.booked_point(m.medium)
             and r.quality <> 2
             and r.ts >= greatest($2, least($3, date_trunc('minute', $6::timestamptz) - make_interval(secs => greatest(m.interval_s, $7) + $8))))
         ) as ends_known
       from registry.meter m where role = 'main' group by institution_id, medium
     ), days as (
       select institution_id, medium, sum(booked) as booked, sum(covered_s) as covered_s
       from ledger.meter_day
       where role = 'main' and day >= $4 and day < $5 and (covered_s > 0 or booked <> 0)
       group by institution_id, medium
     ), spans as (
       select institution_id, medium,
         sum(energy) filter (where class = 'undistributed' and from_ts >= $2 and to_ts <= $3) as undistributed,
         sum(energy) filter (where class = 'disputed' and from_ts >= $2 and to_ts <= $3) as disputed,
         bool_or(class = 'disputed' or from_ts < $2 or to_ts > $3) as open
       from ledger.meter_span where role = 'main' and to_ts > $2 and from_ts < $3
       group by institution_id, medium
     )
     select i.code, i.name_zh, i.name_en, t.name_zh as type_zh, t.name_en as type_en, d.name_zh as division_zh,
       d.name_en as division_en, i.area_m2, q.medium, q.constraint_value, q.base_value, q.guide_value, q.unit,
       q.source_document, q.sample, coalesce(m.meters, 0) as meters, coalesce(m.interval_s, 0) as interval_s,
       e.booked, coalesce(e.covered_s, 0)::int8 as covered_s, s.undistributed, coalesce(s.disputed, 0) as disputed,
       coalesce(m.ends_known, false) and not coalesce(s.open, false) as wholly_known
     from energy.quota q
     join registry.institution i on i.id = q.institution_id
     join registry.institution_type t on t.code = i.type_code
     join registry.division d on d.code = i.division_code
     left join main m on m.institution_id = i.id and m.medium = q.medium
     left join days e on e.institution_id = i.id and e.medium = q.medium
     left join spans s on s.institution_id = i.id and s.medium = q.medium
     where q.year = $1
     order by i.code, q.medium`,
    [
      year,
      new Date(span.start),
      new Date(span.end),
      dateText(span.start),
      dateText(span.end),
      new Date(now),
      USUAL_INTERVAL_S,
      ARRIVAL_MS / 1_000,
    ],
  );
  return rows;
}
