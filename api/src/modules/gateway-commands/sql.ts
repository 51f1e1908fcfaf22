import type { CommandBody } from '@ganzhi/schemas';
import type { Db, Tx } from '@ganzhi/schemas/db';
import { cut, decodeCursor } from '../../lib/page.ts';

export interface CommandRow {
  id: string;
  gateway: string;
  body: CommandBody;
  state: 'queued' | 'sent' | 'done' | 'failed' | 'expired' | 'cancelled';
  requested_by: string;
  requested_at: number;
  expires_at: number;
  sent_at: number | null;
  answered_at: number | null;
  result: unknown;
  error_code: string | null;
  error_message: string | null;
  position: string;
}

const SELECT = `select c.id, g.code as gateway, c.body, c.state, c.requested_by, c.requested_at, c.expires_at, c.sent_at,
  c.answered_at, c.result, c.error_code, c.error_message, c.requested_at::text as position
  from care.command c join registry.gateway g on g.id = c.gateway_id`;

export async function gatewayForCare(
  db: Db | Tx,
  code: string,
): Promise<{ id: number; dialect: string; enabled: boolean } | undefined> {
  const { rows } = await db.query<{ id: number; dialect: string; enabled: boolean }>(
    'select id, dialect, enabled from registry.gateway where code = $1',
    [code],
  );
  return rows[0];
}

/** Newest first. */
export async function listCommands(
  db: Db,
  gatewayId: number,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ rows: readonly CommandRow[]; nextCursor: string | null }> {
  const after = decodeCursor('-requestedAt', cursor, { value: 'timestamptz', id: 'text' });
  const { rows } = await db.query<CommandRow>(
    `${SELECT} where c.gateway_id = $1
       and ($2::timestamptz is null or (c.requested_at, c.id::text) < ($2, $3::text))
     order by c.requested_at desc, c.id::text desc limit $4`,
    [gatewayId, after?.value ?? null, after?.id ?? null, limit + 1],
  );
  return cut(rows, limit, '-requestedAt', (row) => ({ value: row.position, id: row.id }));
}

/** @returns undefined when the key was used before */
export async function insertCommand(
  tx: Tx,
  command: { gatewayId: number; body: CommandBody; by: string; at: number; expiresAt: number; key: string | null },
): Promise<string | undefined> {
  const { rows } = await tx.query<{ id: string }>(
    `insert into care.command (gateway_id, body, requested_by, requested_at, expires_at, request_key)
     values ($1, $2, $3, $4, $5, $6) on conflict (requested_by, request_key) do nothing returning id`,
    [
      command.gatewayId,
      JSON.stringify(command.body),
      command.by,
      new Date(command.at),
      new Date(command.expiresAt),
      command.key,
    ],
  );
  return rows[0]?.id;
}

export async function findCommand(
  tx: Tx,
  by: { id: string } | { requestedBy: string; key: string },
): Promise<CommandRow | undefined> {
  const { rows } =
    'id' in by
      ? await tx.query<CommandRow>(`${SELECT} where c.id = $1`, [by.id])
      : await tx.query<CommandRow>(`${SELECT} where c.requested_by = $1 and c.request_key = $2`, [
          by.requestedBy,
          by.key,
        ]);
  return rows[0];
}
