import type { Db } from '@ganzhi/schemas/db';
import { cut, decodeCursor, keyset } from '../../lib/page.ts';
import { Parameters } from '../../lib/statement.ts';

/** Every statement joins registry.meter, which keeps the scope. Energy as decimal text in the unit of the medium. */

interface Page {
  limit: number;
  cursor?: string | undefined;
}

export interface DecisionRow {
  meter_id: number;
  meter_code: string;
  from_ts: number;
  from_text: string;
  to_ts: number;
  kind: string;
  effect: 'set-aside' | 'disputed' | 'moved';
  evidence: Record<string, unknown>;
  rule: number;
  known_since: number;
  key: string;
}

interface DecisionFilter {
  meterId?: number | undefined;
  kind?: string | undefined;
  effect?: string | undefined;
}

function conditions({ meterId, kind, effect }: DecisionFilter, bind: (value: unknown) => string): string {
  const parts = ['true'];
  if (meterId !== undefined) parts.push(`d.meter_id = ${bind(meterId)}`);
  if (kind !== undefined) parts.push(`d.kind = ${bind(kind)}`);
  if (effect !== undefined) parts.push(`d.effect = ${bind(effect)}`);
  return parts.join(' and ');
}

export async function listDecisions(
  db: Db,
  filter: DecisionFilter,
  page: Page,
): Promise<{ rows: readonly DecisionRow[]; nextCursor: string | null }> {
  const { bind, values } = new Parameters();
  const idSql = `(d.meter_id || '/' || d.point || '/' || d.kind || '/' || d.effect)`;
  const after = decodeCursor('from', page.cursor, { value: 'timestamptz', id: 'text' });
  const key = { sql: 'd.from_ts', type: 'timestamptz', descending: true } as const;
  const paging = keyset(key, { sql: idSql, type: 'text' }, after, bind);
  const { rows } = await db.query<DecisionRow>(
    `select d.meter_id, m.code as meter_code, d.from_ts, d.from_ts::text as from_text, d.to_ts, d.kind, d.effect, d.evidence,
       d.rule, d.known_since, ${idSql} as key
     from ledger.decision d join registry.meter m on m.id = d.meter_id
     where ${conditions(filter, bind)}
       and ${paging.where}
     order by ${paging.orderBy} limit ${bind(page.limit + 1)}`,
    values,
  );
  return cut(rows, page.limit, 'from', (row) => ({ value: row.from_text, id: row.key }));
}

export interface ExplainedMeter {
  id: number;
  code: string;
  point: number;
  unit: string;
  decimals: number;
  booked: string;
  undistributed: string;
  disputed: string;
}

/** Figures of meters over a span: hours that start in it, spans that lie whole in it. */
const FIGURES = `
  select m.id, m.code, p.point, q.unit, p.decimals,
    (select coalesce(sum(h.counts * h.ratio), 0) * p.unit_value from ledger.hour h
      where h.meter_id = m.id and h.point = p.point and h.hour >= $2 and h.hour < $3) as booked,
    (select coalesce(sum(s.counts * s.ratio) filter (where s.class = 'undistributed'), 0) * p.unit_value from ledger.span s
      where s.meter_id = m.id and s.point = p.point and s.from_ts >= $2 and s.from_ts < $3 and s.to_ts <= $3) as undistributed,
    (select coalesce(sum(s.counts * s.ratio) filter (where s.class = 'disputed'), 0) * p.unit_value from ledger.span s
      where s.meter_id = m.id and s.point = p.point and s.from_ts >= $2 and s.from_ts < $3 and s.to_ts <= $3) as disputed
  from registry.meter m
  join registry.point p on p.meter_id = m.id and p.point = registry.booked_point(m.medium)
  join registry.quantity q on q.id = p.point`;

export async function meterFigure(db: Db, id: number, from: number, to: number): Promise<ExplainedMeter | undefined> {
  const { rows } = await db.query<ExplainedMeter>(`${FIGURES} where m.id = $1`, [id, new Date(from), new Date(to)]);
  return rows[0];
}

export async function institutionFigures(
  db: Db,
  institutionId: number,
  medium: string,
  from: number,
  to: number,
): Promise<ExplainedMeter[]> {
  const { rows } = await db.query<ExplainedMeter>(
    `${FIGURES} where m.institution_id = $1 and m.medium = $4 and m.role = 'main' order by m.code`,
    [institutionId, new Date(from), new Date(to), medium],
  );
  return rows;
}

/** The rows behind a figure; parameters meter, point, from, to. */
const CHAIN = {
  hours: `select hour, counts::text, ratio::text, covered_s, source, known_since from ledger.hour
    where meter_id = $1 and point = $2 and hour >= $3 and hour < $4 order by hour`,
  spans: `select from_ts, to_ts, class, counts::text, ratio::text, evidence from ledger.span
    where meter_id = $1 and point = $2 and to_ts > $3 and from_ts < $4 order by from_ts`,
  estimates: `select hour, counts::text, method, unsettled from ledger.estimate
    where meter_id = $1 and point = $2 and hour >= $3 and hour < $4 order by hour`,
  decisions: `select kind, effect, from_ts, to_ts, evidence, rule, known_since from ledger.decision
    where meter_id = $1 and point = $2 and to_ts >= $3 and from_ts < $4 order by from_ts`,
  ratios: `select valid_from, ct, pt from registry.meter_ratio where meter_id = $1 and valid_from < $4
    and ($2::int2 is not null) and valid_from >= coalesce((select max(valid_from) from registry.meter_ratio
      where meter_id = $1 and valid_from <= $3), '-infinity') order by valid_from`,
  replacements: `select at, closing::text, opening::text, approved_by from registry.meter_replacement
    where meter_id = $1 and point = $2 and at >= $3 and at <= $4 order by at`,
  readings: `select r.ts, r.value::text as counts, r.quality, r.revision, b.batch::text as batch, g.code as gateway, b.received_at,
      b.replay, encode(b.digest, 'hex') as digest
    from (
      select ts, value, quality, batch_id, false as revision from metering.reading
      where meter_id = $1 and point = $2 and ts between $3 and $4
      union all
      select ts, value, quality, batch_id, true from metering.reading_revision
      where meter_id = $1 and point = $2 and ts between $3 and $4) r
    left join metering.batch b on b.id = r.batch_id
    left join registry.gateway g on g.id = b.gateway_id
    order by r.ts, r.revision, b.received_at limit 5000`,
} as const;

export interface ChainRows {
  hours: { hour: number; counts: string; ratio: string; covered_s: number; source: string; known_since: number }[];
  spans: {
    from_ts: number;
    to_ts: number;
    class: 'undistributed' | 'disputed';
    counts: string;
    ratio: string;
    evidence: Record<string, unknown>;
  }[];
  estimates: { hour: number; counts: string; method: string; unsettled: boolean }[];
  decisions: Omit<DecisionRow, 'meter_id' | 'meter_code' | 'from_text' | 'key'>[];
  ratios: { valid_from: number; ct: number; pt: number }[];
  replacements: { at: number; closing: string; opening: string; approved_by: string | null }[];
  readings: {
    ts: number;
    counts: string;
    quality: number;
    revision: boolean;
    batch: string | null;
    gateway: string | null;
    received_at: number | null;
    replay: boolean | null;
    digest: string | null;
  }[];
}

export async function chainOf<K extends keyof typeof CHAIN>(
  db: Db,
  what: K,
  meter: { id: number; point: number },
  from: number,
  to: number,
): Promise<ChainRows[K]> {
  const parameters = [meter.id, meter.point, new Date(from), new Date(to)];
  const { rows } = await db.query<ChainRows[K][number]>(CHAIN[what], parameters);
  return rows as ChainRows[K];
}

export async function failureOf(db: Db, meterId: number) {
  const { rows } = await db.query<{ code: string; since: number; last_at: number }>(
    'select code, since, last_at from metering.read_failure where meter_id = $1',
    [meterId],
  );
  return rows[0];
}

export interface RestatementRow {
  meter_id: number;
  meter_code: string;
  day: string;
  unit: string;
  before_booked: string;
  before_undistributed: string;
  before_disputed: string;
  booked: string | null;
  undistributed: string | null;
  disputed: string | null;
  causes: string[];
  changed_at: number;
}

/** Days whose figure is another than it was known to be at an instant. */
export async function listRestatements(
  db: Db,
  filter: {
    since: number;
    knownOn?: number | undefined;
    meterId?: number | undefined;
    institutionId?: number | undefined;
  },
  page: Page,
): Promise<{ rows: readonly RestatementRow[]; nextCursor: string | null }> {
  const after = decodeCursor('day', page.cursor, { value: 'text', id: 'int4' });
  const { rows } = await db.query<RestatementRow>(
    `with changed as (
       select meter_id, point, day, array_agg(distinct cause order by cause) as causes, max(known_until) as changed_at
       from ledger.superseded_day where known_until > $1 and known_until <= $7 group by meter_id, point, day)
     select m.id as meter_id, m.code as meter_code, c.day, q.unit, c.causes, c.changed_at,
       o.booked * p.unit_value as before_booked, o.undistributed * p.unit_value as before_undistributed,
       o.disputed * p.unit_value as before_disputed, d.booked * p.unit_value as booked,
       d.undistributed * p.unit_value as undistributed, d.disputed * p.unit_value as disputed
     from changed c
     join registry.meter m on m.id = c.meter_id and registry.booked_point(m.medium) = c.point
     join registry.point p on p.meter_id = c.meter_id and p.point = c.point
     join registry.quantity q on q.id = c.point
     join ledger.superseded_day o on o.meter_id = c.meter_id and o.point = c.point and o.day = c.day
       and o.known_since <= $1 and o.known_until > $1
     left join ledger.day_as_known($7) d on d.meter_id = c.meter_id and d.point = c.point and d.day = c.day
     where (o.booked, o.undistributed, o.disputed) is distinct from (d.booked, d.undistributed, d.disputed)
       and ($2::int4 is null or m.id = $2) and ($3::int4 is null or m.institution_id = $3)
       and ($4::text is null or c.day < $4::date or (c.day = $4::date and m.id > $5::int4))
     order by c.day desc, m.id limit $6`,
    [
      new Date(filter.since),
      filter.meterId ?? null,
      filter.institutionId ?? null,
      after?.value ?? null,
      after?.id ?? 0,
      page.limit + 1,
      filter.knownOn === undefined ? 'infinity' : new Date(filter.knownOn),
    ],
  );
  return cut(rows, page.limit, 'day', (row) => ({ value: row.day, id: String(row.meter_id) }));
}

export async function ledgerState(db: Db) {
  const watermarks = await db.query<{ level: string; newest_ts: number; waiting: bigint; at: number }>(
    'select level, newest_ts, waiting, at from ledger.watermark order by level',
  );
  const proofs = await db.query<{
    started_at: number;
    finished_at: number;
    meters: number;
    pending_marks: number;
    differences: number;
  }>(
    'select started_at, finished_at, meters, pending_marks, differences from ledger.conservation_run order by id desc limit 1',
  );
  return { watermarks: watermarks.rows, proof: proofs.rows[0] };
}
