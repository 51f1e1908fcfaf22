import type { QueryResultRow } from 'pg';

/** The least that roles, probes and migrations need of a connection; every client of ours has it. */
export interface Queryable {
  query<R extends QueryResultRow>(sql: string, parameters?: unknown[]): Promise<{ rows: R[]; rowCount: number | null }>;
}
