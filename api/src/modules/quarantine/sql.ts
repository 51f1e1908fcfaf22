import type { Db, Tx } from '@ganzhi/schemas/db';
import { cut, decodeCursor } from '../../lib/page.ts';
import { Parameters } from '../../lib/statement.ts';

export interface QuarantineRow {
  id: bigint;
  received_at: number;
  gateway_code: string;
  reason: string;
  detail: string;
  payload: unknown;
  resolved_at: number | null;
  resolution: 'stored' | 'left' | null;
  replay_id: bigint | null;
}

/** What to look for; times are epoch ms, [from, to). */
export interface QuarantineFilter {
  reason?: string | undefined;
  gateway?: string | undefined;
  meter?: string | undefined;
  point?: string | undefined;
  from?: number | undefined;
  to?: number | undefined;
  state: 'open' | 'resolved' | 'all';
}

type Bind = (value: unknown) => string;

function conditions({ reason, gateway, meter, point, from, to, state }: QuarantineFilter, bind: Bind): string {
  const parts = ['true'];
  if (reason !== undefined) parts.push(`reason = ${bind(reason)}`);
  if (gateway !== undefined) parts.push(`gateway_code = ${bind(gateway)}`);
  if (meter !== undefined) parts.push(`payload->>'m' = ${bind(meter)}`);
  if (point !== undefined) parts.push(`payload->>'p' = ${bind(point)}`);
  if (from !== undefined) parts.push(`received_at >= ${bind(new Date(from).toISOString())}::timestamptz`);
  if (to !== undefined) parts.push(`received_at < ${bind(new Date(to).toISOString())}::timestamptz`);
  if (state !== 'all') parts.push(`resolved_at is ${state === 'open' ? '' : 'not '}null`);
  return parts.join(' and ');
}

/** Newest first. The id rises with arrival, so it alone is the order. */
export async function listQuarantine(
  db: Db,
  filter: QuarantineFilter,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ rows: readonly QuarantineRow[]; nextCursor: string | null }> {
  const after = decodeCursor('-id', page.cursor, { value: 'text', id: 'int8' });
  const { bind, values } = new Parameters();
  const where = conditions(filter, bind);
  const before = after ? `id < ${bind(after.id)}::int8` : 'true';
  const { rows } = await db.query<QuarantineRow>(
    `select id, received_at, gateway_code, reason, detail, payload, resolved_at, resolution, replay_id
     from metering.quarantine where ${where} and ${before} order by id desc limit ${bind(page.limit + 1)}`,
    values,
  );
  return cut(rows, page.limit, '-id', (row) => ({ value: null, id: String(row.id) }));
}

export interface CountRow {
  reason: string;
  entries: number;
  gateways: number;
  oldest: number;
  newest: number;
}

/** Entries by reason, the most first. */
export async function countQuarantine(db: Db, filter: QuarantineFilter): Promise<readonly CountRow[]> {
  const { bind, values } = new Parameters();
  const { rows } = await db.query<CountRow>(
    `select reason, count(*)::float8 as entries, count(distinct gateway_code)::int4 as gateways,
       min(received_at) as oldest, max(received_at) as newest
     from metering.quarantine where ${conditions(filter, bind)} group by reason order by entries desc, reason`,
    values,
  );
  return rows;
}

export interface ReplayRow {
  id: bigint;
  requested_at: number;
  requested_by: string;
  reason: string | null;
  only_gateway: string | null;
  meter: string | null;
  point: string | null;
  matched: bigint;
  stored: bigint;
  left_aside: bigint;
  refused: bigint;
  started_at: number | null;
  finished_at: number | null;
}

const REPLAY = `id, requested_at, requested_by, reason, only_gateway, meter, point, matched, stored, left_aside, refused,
  started_at, finished_at`;

/** Whole-city people see all; others what reaches no gateway that they may not see. */
const IN_SCOPE = `((select platform.claimed_all(false))
  or not exists (select from unnest(gateways) as g(code) where g.code not in (select code from registry.gateway)))`;

/** False for a gateway that this person may not see; who sees the whole city may name one that nobody has registered. */
export async function mayName(tx: Tx, gateway: string): Promise<boolean> {
  const { rows } = await tx.query<{ may: boolean }>(
    'select platform.claimed_all(false) or exists (select from registry.gateway where code = $1) as may',
    [gateway],
  );
  return rows[0]?.may ?? false;
}

/** @returns the new replay; undefined when this person has used this key before */
export async function insertReplay(
  tx: Tx,
  what: Omit<QuarantineFilter, 'state' | 'from' | 'to'>,
  by: { login: string; key: string | undefined },
): Promise<ReplayRow | undefined> {
  const { bind, values } = new Parameters();
  const where = conditions({ ...what, state: 'open' }, bind);
  const given = [by.login, by.key, what.reason, what.gateway, what.meter, what.point].map((value) =>
    bind(value ?? null),
  );
  const { rows } = await tx.query<ReplayRow>(
    `insert into metering.quarantine_replay (requested_by, request_key, reason, only_gateway, meter, point, gateways, up_to, matched)
     select ${given.join(', ')}, coalesce(array_agg(distinct gateway_code), '{}'), coalesce(max(id), 0), count(*) from metering.quarantine where ${where}
     on conflict (requested_by, request_key) do nothing returning ${REPLAY}`,
    values,
  );
  return rows[0];
}

export async function replayByKey(tx: Tx, login: string, key: string): Promise<ReplayRow | undefined> {
  const { rows } = await tx.query<ReplayRow>(
    `select ${REPLAY} from metering.quarantine_replay where requested_by = $1 and request_key = $2`,
    [login, key],
  );
  return rows[0];
}

export async function replayById(db: Db, id: string): Promise<ReplayRow | undefined> {
  const { rows } = await db.query<ReplayRow>(
    `select ${REPLAY} from metering.quarantine_replay where id = $1 and ${IN_SCOPE}`,
    [id],
  );
  return rows[0];
}

/** Newest first. */
export async function listReplays(
  db: Db,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ rows: readonly ReplayRow[]; nextCursor: string | null }> {
  const after = decodeCursor('-id', page.cursor, { value: 'text', id: 'int8' });
  const { rows } = await db.query<ReplayRow>(
    `select ${REPLAY} from metering.quarantine_replay where ($1::int8 is null or id < $1) and ${IN_SCOPE} order by id desc limit $2`,
    [after?.id ?? null, page.limit + 1],
  );
  return cut(rows, page.limit, '-id', (row) => ({ value: null, id: String(row.id) }));
}
