import { type CommandAnswer, type CommandBody, RotationResult, SECOND } from '@ganzhi/schemas';
import { type Db, withTx } from '@ganzhi/schemas/db';
import { admitNextCredential } from './credentials.ts';

export interface DueCommand {
  id: string;
  gatewayId: number;
  body: CommandBody;
  expiresAt: number;
}

/** An order that was sent a moment ago, perhaps by another process, is not sent again at a birth. */
export const RESEND_MS = 5 * SECOND;
/** A command or its answer may be lost with a connection: asked again, a gateway repeats its answer and not the deed. */
const UNANSWERED_MS = 10 * SECOND;
const MOST_AT_ONCE = 500;

/** `skip locked`: of several ingest processes each command is claimed by one. */
const CLAIM = `
with due as (
  select id from care.command
  where state in ('queued', 'sent') and gateway_id = any($1::int4[]) and expires_at > $3
    and (state = 'queued' or sent_at < $5 or (gateway_id = any($2::int4[]) and sent_at < $4))
  order by requested_at limit ${MOST_AT_ONCE}
  for update skip locked
)
update care.command c set state = 'sent', sent_at = $3
from due where c.id = due.id
returning c.id, c.gateway_id, c.body, c.expires_at, c.requested_at`;

/**
 * Takes the commands that are to be sent now, oldest first.
 *
 * @param reachable gateways that can be told now
 * @param reborn those of them that have just come back: what they did not answer is sent again
 */
export async function claimCommands(
  db: Db,
  reachable: readonly number[],
  reborn: readonly number[],
  now: number,
): Promise<DueCommand[]> {
  const { rows } = await db.query<{
    id: string;
    gateway_id: number;
    body: CommandBody;
    expires_at: number;
    requested_at: number;
  }>({
    name: 'claim-commands',
    text: CLAIM,
    values: [reachable, reborn, new Date(now), new Date(now - RESEND_MS), new Date(now - UNANSWERED_MS)],
  });
  return rows
    .sort((a, b) => a.requested_at - b.requested_at)
    .map((row) => ({ id: row.id, gatewayId: row.gateway_id, body: row.body, expiresAt: row.expires_at }));
}

/** Ends commands whose time has passed unanswered. @returns how many */
export async function expireCommands(db: Db, now: number): Promise<number> {
  const { rowCount } = await db.query({
    name: 'expire-commands',
    text: `update care.command set state = 'expired', error_code = 'command-expired', answered_at = $1
      where state in ('queued', 'sent') and expires_at <= $1`,
    values: [new Date(now)],
  });
  return rowCount ?? 0;
}

/** An answer that comes after the deadline is still the truth about what was done. A second answer changes nothing. */
const ANSWER = `
update care.command set state = $3, answered_at = $4, result = $5, error_code = $6, error_message = $7
where id = $1 and gateway_id = $2 and state in ('queued', 'sent', 'expired')
returning body`;

/**
 * Keeps the answer of a gateway; that of a rotation admits the new credential in the same transaction.
 *
 * @returns false when no such command waits for an answer of this gateway
 */
export async function answerCommand(db: Db, gatewayId: number, answer: CommandAnswer, now: number): Promise<boolean> {
  return withTx(db, async (tx) => {
    const { rows } = await tx.query<{ body: CommandBody }>({
      name: 'answer-command',
      text: ANSWER,
      values: [
        answer.id,
        gatewayId,
        answer.state,
        new Date(now),
        storable(JSON.stringify(answer.result)),
        answer.error?.code ?? null,
        answer.error ? storable(answer.error.message) : null,
      ],
    });
    const body = rows[0]?.body;
    if (body?.kind === 'rotate-credential' && answer.state === 'done') {
      const rotation = RotationResult.safeParse(answer.result);
      if (rotation.success) await admitNextCredential(tx, gatewayId, rotation.data);
    }
    return rows.length > 0;
  });
}

/** PostgreSQL's text and jsonb hold no U+0000 and no half of a surrogate pair. */
export const storable = (text: string): string =>
  text.replaceAll('\0', '\uFFFD').replaceAll('\\u0000', '\\ufffd').toWellFormed();
