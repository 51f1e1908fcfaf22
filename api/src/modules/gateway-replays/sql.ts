import type { Db } from '@ganzhi/schemas/db';
import { cut, decodeCursor } from '../../lib/page.ts';
import { Parameters } from '../../lib/statement.ts';

export interface ReplayRow {
  gateway: string;
  institution_zh: string;
  institution_en: string;
  online: boolean;
  since: number;
  last_at: number;
  readings: bigint;
  rate_per_s: number;
  granted_per_s: bigint | null;
  remaining: bigint | null;
}

export interface ReplayFilter {
  gateway?: string | undefined;
  /** Epoch ms; heard of since then, or not, as `active` says. */
  activeSince: number;
  active?: boolean | undefined;
}

const COLUMNS = `g.code as gateway, i.name_zh as institution_zh, i.name_en as institution_en, coalesce(s.online, false) as online,
  r.since, r.last_at, r.readings, r.rate_per_s, r.granted_per_s, s.outbox_readings as remaining`;
const FROM = `from metering.gateway_replay r
  join registry.gateway g on g.id = r.gateway_id
  join registry.institution i on i.id = g.institution_id
  left join metering.gateway_state s on s.gateway_id = g.id`;

function conditions({ gateway, active, activeSince }: ReplayFilter, bind: (value: unknown) => string): string {
  const parts = ['true'];
  if (gateway !== undefined) parts.push(`g.code = ${bind(gateway)}`);
  if (active !== undefined) {
    parts.push(`r.last_at ${active ? '>' : '<='} ${bind(new Date(activeSince).toISOString())}::timestamptz`);
  }
  return parts.join(' and ');
}

/** Backlogs by code of their gateway. */
export async function listReplays(
  db: Db,
  filter: ReplayFilter,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ rows: readonly ReplayRow[]; nextCursor: string | null }> {
  const after = decodeCursor('code', page.cursor, { value: 'text', id: 'text' });
  const { bind, values } = new Parameters();
  const where = conditions(filter, bind);
  const beyond = after ? `g.code > ${bind(after.id)}` : 'true';
  const { rows } = await db.query<ReplayRow>(
    `select ${COLUMNS} ${FROM} where ${where} and ${beyond} order by g.code limit ${bind(page.limit + 1)}`,
    values,
  );
  return cut(rows, page.limit, 'code', (row) => ({ value: null, id: row.gateway }));
}

export async function countReplays(db: Db, filter: ReplayFilter): Promise<number> {
  const { bind, values } = new Parameters();
  const { rows } = await db.query<{ n: number }>(
    `select count(*)::int4 as n ${FROM} where ${conditions(filter, bind)}`,
    values,
  );
  return rows[0]?.n ?? 0;
}

/** Every backlog that moves, at most one a gateway: some thousands of rows on the worst day. */
export async function activeReplays(db: Db, activeSince: number): Promise<readonly ReplayRow[]> {
  const { rows } = await db.query<ReplayRow>(`select ${COLUMNS} ${FROM} where r.last_at > $1`, [
    new Date(activeSince).toISOString(),
  ]);
  return rows;
}
