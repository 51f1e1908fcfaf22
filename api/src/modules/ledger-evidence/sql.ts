import type { Db } from '@ganzhi/schemas/db';
import { asKnown, ledgerTable, receivedBy } from '../../energy/known.ts';
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
  /** The part of the span in which it counts. */
  from: number;
  to: number;
}

/** Figures of meters over a span: hours that start in it, spans that lie whole in it. `f` has meter_id, code, from_ts, to_ts, sign. */
const figuresOver = (of: string, at: string | undefined): string => `
  select f.meter_id as id, f.code, p.point, q.unit, p.decimals, f.from_ts as "from", f.to_ts as "to",
    (select coalesce(sum(h.counts * h.ratio), 0) * p.unit_value * f.sign from ${ledgerTable('hour', at)} h
      where h.meter_id = f.meter_id and h.point = p.point and h.hour >= f.from_ts and h.hour < f.to_ts) as booked,
    s.undistributed * f.sign as undistributed, s.disputed * f.sign as disputed
  from (${of}) f
  join registry.booked_counter c on c.meter_id = f.meter_id
  join registry.point p on p.meter_id = f.meter_id and p.point = c.point
  join registry.quantity q on q.id = p.point
  cross join lateral (
    select coalesce(sum(s.counts * s.ratio) filter (where s.class = 'undistributed'), 0) * p.unit_value as undistributed,
      coalesce(sum(s.counts * s.ratio) filter (where s.class = 'disputed'), 0) * p.unit_value as disputed
    from ${ledgerTable('span', at)} s
    where s.meter_id = f.meter_id and s.point = p.point and s.from_ts >= f.from_ts and s.to_ts <= f.to_ts) s`;

/** @param knownOn as it was known then; undefined: now */
export async function meterFigure(
  db: Db,
  id: number,
  from: number,
  to: number,
  knownOn?: number,
): Promise<ExplainedMeter | undefined> {
  const at = knownOn === undefined ? undefined : '$4::timestamptz';
  const { rows } = await db.query<ExplainedMeter>(
    figuresOver(
      `select m.id as meter_id, m.code, $2::timestamptz as from_ts, $3::timestamptz as to_ts, 1 as sign
       from registry.meter m where m.id = $1`,
      at,
    ),
    [id, new Date(from), new Date(to), ...(knownOn === undefined ? [] : [new Date(knownOn)])],
  );
  return rows[0];
}

/** Main meters of an institution, each in the time in which it stood there. */
export async function institutionFigures(
  db: Db,
  institutionId: number,
  medium: string,
  { from, to, knownOn }: { from: number; to: number; knownOn?: number | undefined },
): Promise<ExplainedMeter[]> {
  const meters = `
    select h.meter_id, h.code, h.sign, greatest(h.from_day::timestamp at time zone 'Asia/Shanghai', $2::timestamptz) as from_ts,
      least(h.to_day::timestamp at time zone 'Asia/Shanghai', $3::timestamptz) as to_ts
    from registry.held_meters(array[$1::int4], $5::timestamptz, null) h where h.medium = $4 and h.role = 'main'`;
  const { rows } = await db.query<ExplainedMeter>(
    `${figuresOver(meters, knownOn === undefined ? undefined : '$5::timestamptz')} where f.from_ts < f.to_ts order by f.code, f.from_ts`,
    [institutionId, new Date(from), new Date(to), medium, asKnown(knownOn)],
  );
  return rows;
}

/** The rows behind a figure; parameters meter, point, from, to, and the instant as of which they were known (infinity: now). */
const CHAIN = {
  hours: `select hour, counts::text, ratio::text, covered_s, source, known_since from ledger.hour_as_known($5)
    where meter_id = $1 and point = $2 and hour >= $3 and hour < $4 order by hour`,
  spans: `select from_ts, to_ts, class, counts::text, ratio::text, evidence from ledger.span_as_known($5)
    where meter_id = $1 and point = $2 and to_ts > $3 and from_ts < $4 order by from_ts`,
  estimates: `select hour, counts::text, method, unsettled from ledger.estimate
    where meter_id = $1 and point = $2 and hour >= $3 and hour < $4 and known_since <= $5 order by hour`,
  decisions: `select kind, effect, from_ts, to_ts, evidence, rule, known_since from ledger.decision
    where meter_id = $1 and point = $2 and to_ts >= $3 and from_ts < $4 and known_since <= $5 order by from_ts`,
  ratios: `select valid_from, ct, pt from registry.meter_ratio where meter_id = $1 and valid_from < $4
    and ($2::int2 is not null) and ($5::timestamptz is not null) and valid_from >= coalesce((select max(valid_from) from registry.meter_ratio
      where meter_id = $1 and valid_from <= $3), '-infinity') order by valid_from`,
  replacements: `select at, closing::text, opening::text, approved_by from registry.meter_replacement
    where meter_id = $1 and point = $2 and at >= $3 and at <= $4 and ($5::timestamptz is not null) order by at`,
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
    where ${receivedBy('r', '$5::timestamptz')}
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
  { from, to, knownOn }: { from: number; to: number; knownOn?: number | undefined },
): Promise<ChainRows[K]> {
  const parameters = [meter.id, meter.point, new Date(from), new Date(to), asKnown(knownOn)];
  const { rows } = await db.query<ChainRows[K][number]>(CHAIN[what], parameters);
  return rows as ChainRows[K];
}

/** Failed reads by hour, with the code that the driver gave. */
export async function failureHours(db: Db, meterId: number, from: number, to: number) {
  const { rows } = await db.query<{ first_ts: number; last_ts: number; code: string; failures: bigint }>(
    `select first_ts, last_ts, code, failures from metering.failure_hour
     where meter_id = $1 and last_ts >= $2 and first_ts < $3 order by first_ts`,
    [meterId, new Date(from), new Date(to)],
  );
  return rows;
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
       and ($2::int4 is null or m.id = $2) and ($3::int4 is null or exists (
         select from registry.held_meters(array[$3::int4], $7, null) h
         where h.meter_id = m.id and h.from_day <= c.day and h.to_day > c.day))
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
