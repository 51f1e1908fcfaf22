import type { CLOCK_STATES } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { cut, decodeCursor, keyset, type SortKey } from '../../lib/page.ts';
import { Parameters } from '../../lib/statement.ts';
import type { GATEWAY_SORTS } from './schema.ts';

export interface GatewayRow {
  code: string;
  institution_id: number;
  institution_zh: string;
  institution_en: string;
  online: boolean;
  last_seen_at: number | null;
  outbox_readings: bigint | null;
  outbox_oldest_at: number | null;
  clock_offset_ms: bigint | null;
  clock_state: (typeof CLOCK_STATES)[number] | null;
  clock_wall_at: number | null;
  clock_monotonic_ms: bigint | null;
  clock_boot_id: string | null;
  clock_server_offset_ms: bigint | null;
  clock_said_at: number | null;
  firmware: string | null;
  simulated_time: boolean;
  sort_value: string | null;
}

export interface GatewayFilter {
  code?: string | undefined;
  search?: string | undefined;
  online?: boolean | undefined;
}

type Sort = (typeof GATEWAY_SORTS)[number];

const SORT_KEYS: Readonly<Record<string, Omit<SortKey, 'descending'>>> = {
  code: { sql: 'g.code', type: 'text' },
  lastSeenAt: { sql: 's.last_seen_at', type: 'timestamptz' },
  outboxReadings: { sql: 's.outbox_readings', type: 'numeric' },
  clockOffsetS: { sql: 's.clock_offset_ms', type: 'numeric' },
};

function sortKey(sort: Sort): SortKey {
  const key = SORT_KEYS[sort.replace(/^-/, '')] ?? { sql: 'g.code', type: 'text' };
  return { ...key, descending: sort.startsWith('-') };
}

const FROM = `from registry.gateway g
  join registry.institution i on i.id = g.institution_id
  left join metering.gateway_state s on s.gateway_id = g.id
  where g.enabled`;

function conditions({ code, search, online }: GatewayFilter, bind: (value: unknown) => string): string {
  const parts: string[] = [];
  if (code !== undefined) parts.push(`and g.code = ${bind(code)}`);
  if (search) {
    const all = "lower(g.code || ' ' || i.code || ' ' || i.name_zh || ' ' || i.name_en)";
    parts.push(`and position(${bind(search.toLowerCase())} in ${all}) > 0`);
  }
  if (online !== undefined) parts.push(`and coalesce(s.online, false) = ${bind(online)}`);
  return parts.join(' ');
}

export async function countGateways(db: Db, filter: GatewayFilter): Promise<number> {
  const parameters = new Parameters();
  const { rows } = await db.query<{ n: number }>(
    `select count(*)::int as n ${FROM} ${conditions(filter, parameters.bind)}`,
    parameters.values,
  );
  return rows[0]?.n ?? 0;
}

/** One page of the fleet; a gateway that has never spoken is offline and has no state. */
export async function listGateways(
  db: Db,
  filter: GatewayFilter,
  page: { sort: Sort; limit: number; cursor?: string | undefined },
): Promise<{ rows: readonly GatewayRow[]; nextCursor: string | null }> {
  const { sort, limit, cursor } = page;
  const key = sortKey(sort);
  const after = decodeCursor(sort, cursor, { value: key.type, id: 'text' });
  const parameters = new Parameters();
  const { bind } = parameters;
  const paging = keyset(key, { sql: 'g.code', type: 'text' }, after, bind);
  const { rows } = await db.query<GatewayRow>(
    `select g.code, g.institution_id, i.name_zh as institution_zh, i.name_en as institution_en,
       coalesce(s.online, false) as online, s.last_seen_at, s.outbox_readings, s.outbox_oldest_at, s.clock_offset_ms,
       s.clock_state, s.clock_wall_at, s.clock_monotonic_ms, s.clock_boot_id, s.clock_server_offset_ms, s.clock_said_at,
       s.firmware, g.simulated_time or coalesce(s.simulated_time, false) as simulated_time, ${key.sql}::text as sort_value
     ${FROM} ${conditions(filter, bind)} and ${paging.where}
     order by ${paging.orderBy} limit ${bind(limit + 1)}`,
    parameters.values,
  );
  return cut(rows, limit, sort, (row) => ({ value: row.sort_value, id: row.code }));
}
