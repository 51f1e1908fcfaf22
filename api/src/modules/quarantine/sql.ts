import type { Db } from '@ganzhi/schemas/db';
import { cut, decodeCursor } from '../../lib/page.ts';

export interface QuarantineRow {
  id: bigint;
  received_at: number;
  gateway_code: string;
  reason: string;
  detail: string;
  payload: unknown;
}

/** Newest first. The id rises with arrival, so it alone is the order. */
export async function listQuarantine(
  db: Db,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ rows: readonly QuarantineRow[]; nextCursor: string | null }> {
  const after = decodeCursor('-id', page.cursor, { value: 'text', id: 'int8' });
  const { rows } = await db.query<QuarantineRow>(
    `select id, received_at, gateway_code, reason, detail, payload from metering.quarantine
     where $1::int8 is null or id < $1 order by id desc limit $2`,
    [after?.id ?? null, page.limit + 1],
  );
  return cut(rows, page.limit, '-id', (row) => ({ value: null, id: String(row.id) }));
}
