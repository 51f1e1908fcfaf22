import type { Medium } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { cut, decodeCursor, keyset } from '../../lib/page.ts';
import { Parameters, prepared } from '../../lib/statement.ts';

export interface MeterRow {
  id: number;
  code: string;
  name_zh: string;
  name_en: string;
  institution_id: number;
  medium: Medium;
  role: 'main' | 'sub';
  item_code: string | null;
  parent_id: number | null;
  template: string;
  gateway_code: string | null;
  interval_s: number;
  last_reading_at: number | null;
  failure_code: string | null;
  failing_since: number | null;
  power_kw: string | null;
  ct: number;
  pt: number;
}

export interface MeterFilter {
  id?: number | undefined;
  institutionId?: number | undefined;
  search?: string | undefined;
}

function conditions({ id, institutionId, search }: MeterFilter, bind: (value: unknown) => string): string {
  const parts = ['true'];
  if (id !== undefined) parts.push(`m.id = ${bind(id)}`);
  if (institutionId !== undefined) parts.push(`m.institution_id = ${bind(institutionId)}`);
  if (search) {
    parts.push(`position(${bind(search.toLowerCase())} in lower(m.code || ' ' || m.name_zh || ' ' || m.name_en)) > 0`);
  }
  return parts.join(' and ');
}

export async function countMeters(db: Db, filter: MeterFilter): Promise<number> {
  const parameters = new Parameters();
  const { rows } = await db.query<{ n: number }>(
    prepared(
      `select count(*)::int as n from registry.meter m where ${conditions(filter, parameters.bind)}`,
      parameters.values,
    ),
  );
  return rows[0]?.n ?? 0;
}

/** Meters by code, with state. Power counts as present for 15 minutes, like the institution's. */
export async function listMeters(
  db: Db,
  filter: MeterFilter,
  page: { limit: number; cursor?: string | undefined },
  now: number,
): Promise<{ rows: readonly MeterRow[]; nextCursor: string | null }> {
  const parameters = new Parameters();
  const { bind } = parameters;
  const after = decodeCursor('code', page.cursor, { value: 'text', id: 'int4' });
  const key = { sql: 'm.code', type: 'text', descending: false } as const;
  const paging = keyset(key, { sql: 'm.id', type: 'int4' }, after, bind);
  const at = bind(new Date(now));
  const { rows } = await db.query<MeterRow>(
    prepared(
      `select m.id, m.code, m.name_zh, m.name_en, m.institution_id, m.medium, m.role, m.item_code, m.parent_id, m.template,
       g.code as gateway_code, m.interval_s, f.code as failure_code, f.since as failing_since,
       coalesce(r.ct, 1) as ct, coalesce(r.pt, 1) as pt,
       (select max(l.ts) from metering.latest l where l.meter_id = m.id) as last_reading_at,
       (select l.value * coalesce(r.ct, 1) * coalesce(r.pt, 1) * p.unit_value
          from registry.quantity q
          join metering.latest l on l.meter_id = m.id and l.point = q.id
          join registry.point p on p.meter_id = m.id and p.point = q.id
          where q.code = 'power' and l.ts > ${at}::timestamptz - interval '15 minutes') as power_kw
     from registry.meter m
     left join registry.gateway g on g.id = m.gateway_id
     left join metering.read_failure f on f.meter_id = m.id
     left join lateral (select ct, pt from registry.meter_ratio r
       where r.meter_id = m.id and r.valid_from <= ${at} order by valid_from desc limit 1) r on true
     where ${conditions(filter, bind)} and ${paging.where}
     order by ${paging.orderBy} limit ${bind(page.limit + 1)}`,
      parameters.values,
    ),
  );
  return cut(rows, page.limit, 'code', (row) => ({ value: row.code, id: String(row.id) }));
}

/** Whether the caller's scope holds the meter. */
export async function isSeen(db: Db, id: number): Promise<boolean> {
  const { rowCount } = await db.query('select from registry.meter where id = $1', [id]);
  return rowCount === 1;
}

export interface PointRow {
  point: number;
  quantity: string;
  name_zh: string;
  name_en: string;
  unit: string;
  kind: 'counter' | 'gauge';
  decimals: number;
  ts: number | null;
  value: bigint | null;
  quality: number | null;
}

export async function listPoints(db: Db, meterId: number): Promise<PointRow[]> {
  const { rows } = await db.query<PointRow>(
    prepared(
      `select p.point, q.code as quantity, q.name_zh, q.name_en, q.unit, q.kind, p.decimals, l.ts, l.value, l.quality
     from registry.point p
     join registry.quantity q on q.id = p.point
     left join metering.latest l on l.meter_id = p.meter_id and l.point = p.point
     where p.meter_id = $1 order by p.point`,
      [meterId],
    ),
  );
  return rows;
}

export interface ReadingRow {
  ts: number;
  ts_text: string;
  value: bigint;
  quality: number;
  received_at: number | null;
}

/** Effective readings of one point, ascending: a revision stands for the first value when its quality is no worse. */
export async function listReadings(
  db: Db,
  meterId: number,
  point: number,
  page: { from: number; to: number; limit: number; cursor?: string | undefined },
): Promise<{ rows: readonly ReadingRow[]; nextCursor: string | null }> {
  const after = decodeCursor('at', page.cursor, { value: 'timestamptz', id: 'int4' });
  const { rows } = await db.query<ReadingRow>(
    `select r.ts, r.ts::text as ts_text, coalesce(v.value, r.value) as value, coalesce(v.quality, r.quality) as quality,
       coalesce(v.received_at, b.received_at) as received_at
     from metering.reading r
     left join metering.batch b on b.id = r.batch_id
     left join lateral (
       select v.value, v.quality, v.received_at from metering.reading_revision v
       where v.meter_id = r.meter_id and v.point = r.point and v.ts = r.ts and v.quality <= r.quality
       order by v.quality, v.received_at desc, v.batch_id desc limit 1) v on true
     where r.meter_id = $1 and r.point = $2 and r.ts >= $3 and r.ts < $4 and ($5::timestamptz is null or r.ts > $5)
     order by r.ts limit $6`,
    [meterId, point, new Date(page.from), new Date(page.to), after?.value ?? null, page.limit + 1],
  );
  return cut(rows, page.limit, 'at', (row) => ({ value: row.ts_text, id: '0' }));
}
