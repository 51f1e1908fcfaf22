import { DAY, dateText, dayStart, HOUR, hourStart } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { cut, decodeCursor, keyset, type SortKey } from '../../lib/page.ts';
import { Parameters } from '../../lib/statement.ts';
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
  today: { sql: 'f.today', type: 'numeric' },
  power: { sql: 'f.power_kw', type: 'numeric' },
};

const FIGURE_SORTS: ReadonlySet<string> = new Set(['today', 'power']);

/** Power and today's electricity of every institution `i`: one pass over all meters. */
const figuresOfAll = (today: string): string =>
  `left join metering.institution_power w on w.institution_id = i.id
       left join ledger.institution_day d on d.institution_id = i.id and d.medium = 'electricity' and d.day = ${today}`;

/** The same of some, each by its own meters: without `offset 0` the planner would add up the city and join. */
const figuresOfEach = (today: string): string =>
  `left join lateral (select * from metering.institution_power w where w.institution_id = i.id offset 0) w on true
       left join lateral (select * from ledger.institution_day d
         where d.institution_id = i.id and d.medium = 'electricity' and d.day = ${today} offset 0) d on true`;

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
  const { rows } = await db.query<{ n: number }>(
    `select count(*)::int as n from registry.institution i where ${conditions(filter, parameters.bind)}`,
    parameters.values,
  );
  return rows[0]?.n ?? 0;
}

/**
 * One page with the figures of today. Sorting by a figure needs it of every institution; any other order picks the rows of
 * the page first and reads the figures of those alone.
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
  const today = bind(dateText(now));
  const where = conditions(filter, bind);
  const paging = keyset(key, { sql: 'f.id', type: 'int4' }, after, bind);
  const cutAt = minuteStart(now) - DAY;
  const [start, running, end] = [dayStart(cutAt), hourStart(cutAt), cutAt].map((t) => bind(new Date(t)));
  const part = bind((cutAt - hourStart(cutAt)) / HOUR);
  const rowsWanted = bind(limit + 1);
  const byFigure = FIGURE_SORTS.has(sort.replace(/^-/, ''));
  const wanted = `select i.* from registry.institution i where ${where}`;
  const source = byFigure
    ? wanted
    : `select f.* from (${wanted}) f where ${paging.where} order by ${paging.orderBy} limit ${rowsWanted}`;
  const figuresOf = byFigure ? figuresOfAll(today) : figuresOfEach(today);
  const { rows } = await db.query<InstitutionRow>(
    `with figures as (
       select i.id, i.code, i.name_zh, i.name_en, i.type_code, i.division_code, i.area_m2, i.headcount,
         w.power_kw,
         -- a day that holds disputed energy only has no consumption, not one of zero
         case when d.covered_s > 0 or d.booked <> 0 or d.undistributed <> 0 then d.booked + d.undistributed end as today,
         coalesce(d.covered_s, 0)::int8 as covered_s
       from (${source}) i
       ${figuresOf}
     ), page as (
       select f.*, ${key.sql}::text as sort_value, row_number() over (order by ${paging.orderBy}) as place
       from figures f where ${paging.where} order by ${paging.orderBy} limit ${rowsWanted}
     )
     select p.*, m.metered, m.meters, m.interval_s, l.last_reading_at, coalesce(y.energy + s.energy, y.energy, s.energy) as yesterday_same_hours
     from page p
     cross join lateral (
       select count(*) > 0 as metered,
         count(*) filter (where m.role = 'main' and m.medium = 'electricity')::int as meters,
         coalesce(max(m.interval_s) filter (where m.role = 'main' and m.medium = 'electricity'), 0) as interval_s
       from registry.meter m where m.institution_id = p.id
     ) m
     left join lateral (
       select max(l.ts) as last_reading_at
       from registry.meter m join metering.latest l on l.meter_id = m.id where m.institution_id = p.id
     ) l on true
     left join lateral (
       select sum(h.consumption * case when h.hour = ${running} then ${part}::numeric else 1 end) as energy
       from ledger.meter_hour h
       where h.institution_id = p.id and h.medium = 'electricity' and h.role = 'main'
         and h.hour >= ${start} and h.hour < ${end}
     ) y on true
     left join lateral (
       select sum(s.energy) as energy
       from ledger.meter_span s
       where s.institution_id = p.id and s.medium = 'electricity' and s.role = 'main' and s.class = 'undistributed'
         and s.from_ts >= ${start} and s.to_ts <= ${end}
     ) s on true
     order by p.place`,
    parameters.values,
  );
  return cut(rows, limit, sort, (row) => ({ value: row.sort_value, id: String(row.id) }));
}

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
    `select year, constraint_value, base_value, guide_value, unit, sample, source_document
     from energy.quota where institution_id = $1 and year = $2 and medium = 'electricity'`,
    [institutionId, year],
  );
  return rows[0];
}
