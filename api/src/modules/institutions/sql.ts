import { DAY, dateText, dayStart, HOUR, hourStart } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { cut, decodeCursor, keyset, type SortKey } from '../../lib/page.ts';
import { Parameters, prepared } from '../../lib/statement.ts';
import { minuteStart } from '../../lib/time.ts';
import type { SORTS } from './schema.ts';

export interface InstitutionRow {
  id: number;
  code: string;
  name_zh: string;
  name_en: string;
  type_code: string;
  division_code: string;
  area_m2: string;
  headcount: number;
  metered: boolean;
  /** Main electricity meters and their longest interval. */
  meters: number;
  interval_s: number;
  power_kw: string | null;
  today: string | null;
  covered_s: bigint;
  yesterday_same_hours: string | null;
  last_reading_at: number | null;
  sort_value: string | null;
}

export interface InstitutionFilter {
  id?: number | undefined;
  search?: string | undefined;
  division?: string | undefined;
  type?: string | undefined;
  metered?: boolean | undefined;
}

type Sort = (typeof SORTS)[number];

const SORT_KEYS: Readonly<Record<string, Omit<SortKey, 'descending'>>> = {
  code: { sql: 'f.code', type: 'text' },
  name: { sql: 'f.name_zh', type: 'text' },
  area: { sql: 'f.area_m2', type: 'numeric' },
  today: { sql: 'f.figure', type: 'numeric' },
  power: { sql: 'f.figure', type: 'numeric' },
};

/** A day that holds disputed energy only has no consumption, not one of zero. */
const KNOWN = 'case when d.covered_s > 0 or d.booked <> 0 or d.undistributed <> 0 then d.booked + d.undistributed end';

/** To sort by a figure it is needed of every institution `i`: one pass over all meters. */
const FIGURES: Readonly<Record<string, (today: string) => { figure: string; join: string }>> = {
  today: (today) => ({
    figure: KNOWN,
    join: `left join ledger.institution_day d on d.institution_id = i.id and d.medium = 'electricity' and d.day = ${today}`,
  }),
  power: () => ({
    figure: 'w.power_kw',
    join: 'left join metering.institution_power w on w.institution_id = i.id',
  }),
};

function sortKey(sort: Sort): SortKey {
  const key = SORT_KEYS[sort.replace(/^-/, '')] ?? { sql: 'f.code', type: 'text' };
  return { ...key, descending: sort.startsWith('-') };
}

function conditions(filter: InstitutionFilter, bind: (value: unknown) => string): string {
  const { id, search, division, type, metered } = filter;
  const parts: string[] = [];
  if (id !== undefined) parts.push(`i.id = ${bind(id)}`);
  if (search) {
    const wanted = bind(search.toLowerCase());
    parts.push(`position(${wanted} in lower(i.code || ' ' || i.name_zh || ' ' || i.name_en)) > 0`);
  }
  if (division) parts.push(`i.division_code = ${bind(division)}`);
  if (type) parts.push(`i.type_code = ${bind(type)}`);
  if (metered !== undefined) {
    const there = 'exists (select from registry.meter m where m.institution_id = i.id)';
    parts.push(metered ? there : `not ${there}`);
  }
  return parts.length === 0 ? 'true' : parts.join(' and ');
}

export async function countInstitutions(db: Db, filter: InstitutionFilter): Promise<number> {
  const parameters = new Parameters();
  const text = `select count(*)::int as n from registry.institution i where ${conditions(filter, parameters.bind)}`;
  const { rows } = await db.query<{ n: number }>(
    isUsual(filter, 'code') ? prepared(text, parameters.values) : { text, values: parameters.values },
  );
  return rows[0]?.n ?? 0;
}

/**
 * One page with the figures of today. The rows of the page are picked first; then the registry is asked once for their meters,
 * and each meter's figures are looked up by their keys: `lateral` keeps the planner from adding up the city. The formulas are
 * those of ledger.institution_day, ledger.meter_hour, ledger.meter_span and metering.institution_power.
 */
export async function listInstitutions(
  db: Db,
  filter: InstitutionFilter,
  page: { sort: Sort; limit: number; cursor?: string | undefined },
  now: number,
): Promise<{ rows: readonly InstitutionRow[]; nextCursor: string | null }> {
  const { sort, limit, cursor } = page;
  const key = sortKey(sort);
  const after = decodeCursor(sort, cursor, { value: key.type, id: 'int4' });
  const parameters = new Parameters();
  const { bind } = parameters;
  const today = `${bind(dateText(now))}::date`;
  const where = conditions(filter, bind);
  const paging = keyset(key, { sql: 'f.id', type: 'int4' }, after, bind);
  const cutAt = minuteStart(now) - DAY;
  const [start, running, end] = [dayStart(cutAt), hourStart(cutAt), cutAt].map(
    (t) => `${bind(new Date(t))}::timestamptz`,
  );
  const part = `${bind((cutAt - hourStart(cutAt)) / HOUR)}::numeric`;
  const { figure, join } = FIGURES[sort.replace(/^-/, '')]?.(today) ?? { figure: 'null', join: '' };
  const text = `with page as materialized (
       select f.*, ${key.sql}::text as sort_value, row_number() over (order by ${paging.orderBy}) as place
       from (
         select i.id, i.code, i.name_zh, i.name_en, i.type_code, i.division_code, i.area_m2, i.headcount, ${figure} as figure
         from registry.institution i ${join} where ${where}) f
       where ${paging.where} order by ${paging.orderBy} limit ${bind(limit + 1)}
     ), meter as materialized (
       select m.id, m.institution_id, m.interval_s, m.role = 'main' and m.medium = 'electricity' as main
       from registry.meter m where m.institution_id = any(array(select id from page))
     ), booked as materialized (
       select m.id, m.institution_id, p.point, p.unit_value
       from meter m join registry.point p on p.meter_id = m.id and p.point = registry.booked_point('electricity')
       where m.main
     )
     select p.id, p.code, p.name_zh, p.name_en, p.type_code, p.division_code, p.area_m2, p.headcount, p.sort_value,
       coalesce(m.metered, false) as metered, coalesce(m.meters, 0) as meters, coalesce(m.interval_s, 0) as interval_s,
       m.last_reading_at, w.power_kw, ${KNOWN} as today, coalesce(d.covered_s, 0)::int8 as covered_s,
       coalesce(y.energy + s.energy, y.energy, s.energy) as yesterday_same_hours
     from page p
     left join (
       select m.institution_id, true as metered, count(*) filter (where m.main)::int as meters,
         max(m.interval_s) filter (where m.main) as interval_s, max(l.ts) as last_reading_at
       from meter m
       cross join lateral (select max(l.ts) as ts from metering.latest l where l.meter_id = m.id) l
       group by m.institution_id
     ) m on m.institution_id = p.id
     left join (
       select m.institution_id, sum(w.power_kw) as power_kw
       from meter m
       cross join lateral (select w.power_kw from metering.meter_power w
         where w.meter_id = m.id and w.ts > now() - interval '15 minutes' offset 0) w
       where m.main group by m.institution_id
     ) w on w.institution_id = p.id
     left join (
       select m.institution_id, sum(d.booked * m.unit_value) as booked, sum(d.undistributed * m.unit_value) as undistributed,
         sum(d.covered_s) as covered_s
       from booked m
       cross join lateral (select d.* from ledger.day d
         where d.meter_id = m.id and d.point = m.point and d.day = ${today} offset 0) d
       group by m.institution_id
     ) d on d.institution_id = p.id
     left join (
       select m.institution_id, sum(h.counts * m.unit_value) as energy
       from booked m
       cross join lateral (
         select sum(h.counts * h.ratio * case when h.hour = ${running} then ${part} else 1 end) as counts
         from ledger.hour h
         where h.meter_id = m.id and h.point = m.point and h.hour >= ${start} and h.hour < ${end}) h
       group by m.institution_id
     ) y on y.institution_id = p.id
     left join (
       select m.institution_id, sum(s.counts * m.unit_value) as energy
       from booked m
       cross join lateral (
         select sum(s.counts * s.ratio) as counts from ledger.span s
         where s.meter_id = m.id and s.point = m.point and s.class = 'undistributed'
           and s.from_ts >= ${start} and s.to_ts <= ${end}) s
       group by m.institution_id
     ) s on s.institution_id = p.id
     order by p.place`;
  const { rows } = await db.query<InstitutionRow>(
    isUsual(filter, sort) ? prepared(text, parameters.values) : { text, values: parameters.values },
  );
  return cut(rows, limit, sort, (row) => ({ value: row.sort_value, id: String(row.id) }));
}

/** What is asked all day is planned once; each plan costs every connection memory. */
const isUsual = (filter: InstitutionFilter, sort: Sort): boolean =>
  sort === 'code' && Object.values(filter).filter((value) => value !== undefined).length <= 1;

export interface QuotaRow {
  year: number;
  constraint_value: string;
  base_value: string;
  guide_value: string;
  unit: string;
  sample: boolean;
  source_document: string;
}

export async function findQuota(db: Db, institutionId: number, year: number): Promise<QuotaRow | undefined> {
  const { rows } = await db.query<QuotaRow>(
    prepared(
      `select year, constraint_value, base_value, guide_value, unit, sample, source_document
     from energy.quota where institution_id = $1 and year = $2 and medium = 'electricity'`,
      [institutionId, year],
    ),
  );
  return rows[0];
}
