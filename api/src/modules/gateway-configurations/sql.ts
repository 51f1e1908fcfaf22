import type { Db, Tx } from '@ganzhi/schemas/db';
import { cut, decodeCursor } from '../../lib/page.ts';
import type { RegisteredMeter } from './rules.ts';

export interface ConfigurationRow {
  version: number;
  digest: string;
  body: string;
  author: string;
  created_at: number;
  note: string | null;
}

export interface StateRow {
  version: number;
  state: 'refused' | 'trial' | 'active' | 'returned';
  reason: string | null;
  running: number;
  reported_at: number;
}

const COLUMNS = "version, encode(digest, 'hex') as digest, body, author, created_at, note";

/** Newest first. */
export async function listConfigurations(
  db: Db,
  gatewayId: number,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ rows: readonly ConfigurationRow[]; nextCursor: string | null }> {
  const after = decodeCursor('-version', cursor, { value: 'text', id: 'int4' });
  const { rows } = await db.query<ConfigurationRow>(
    `select ${COLUMNS} from care.configuration where gateway_id = $1 and ($2::int4 is null or version < $2)
     order by version desc limit $3`,
    [gatewayId, after?.id ?? null, limit + 1],
  );
  return cut(rows, limit, '-version', (row) => ({ value: null, id: String(row.version) }));
}

export async function findState(db: Db, gatewayId: number): Promise<StateRow | undefined> {
  const { rows } = await db.query<StateRow>(
    'select version, state, reason, running, reported_at from care.configuration_state where gateway_id = $1',
    [gatewayId],
  );
  return rows[0];
}

/** Locks the gateway's versions until the transaction ends. @returns the newest one, 0 when there is none */
export async function lockNewestVersion(tx: Tx, gatewayId: number): Promise<number> {
  await tx.query('select pg_advisory_xact_lock(hashtext($1), $2)', ['care.configuration', gatewayId]);
  const { rows } = await tx.query<{ newest: number }>(
    'select coalesce(max(version), 0) as newest from care.configuration where gateway_id = $1',
    [gatewayId],
  );
  return rows[0]?.newest ?? 0;
}

export async function registeredMeters(tx: Tx, gatewayId: number): Promise<Map<string, RegisteredMeter>> {
  const { rows } = await tx.query<{ code: string; template: string }>(
    'select code, template from registry.meter where gateway_id = $1',
    [gatewayId],
  );
  return new Map(rows.map(({ code, template }) => [code, { template }]));
}

export async function insertConfiguration(
  tx: Tx,
  row: {
    gatewayId: number;
    version: number;
    body: string;
    digest: Buffer;
    author: string;
    at: number;
    note: string | null;
  },
): Promise<ConfigurationRow | undefined> {
  const { rows } = await tx.query<ConfigurationRow>(
    `insert into care.configuration (gateway_id, version, body, digest, author, created_at, note)
     values ($1, $2, $3, $4, $5, $6, $7) returning ${COLUMNS}`,
    [row.gatewayId, row.version, row.body, row.digest, row.author, new Date(row.at), row.note],
  );
  return rows[0];
}
