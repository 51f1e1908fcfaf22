import { type Tx, withTx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import type { Context } from '../../context.ts';
import { notFound, Refusal, wrongField } from '../../errors/refuse.ts';
import { audit } from '../../lib/audit.ts';
import { assignmentOf, checkDelegation, checkGrant } from './rules.ts';
import type { Assignment, Delegate, GrantRole } from './schema.ts';
import { type AssignmentRow, findAssignment, insertAssignment, knownParts, revokeAssignment } from './sql.ts';

/** Who does it, and from where. */
interface By {
  id: number;
  login: string;
  address: string;
}

type Answer = z.infer<typeof Assignment>;

/**
 * Gives a role. Nobody gives himself one.
 *
 * @throws Refusal `forbidden` to oneself, `not-found`, `invalid-request`, or `conflict` where duties must stay apart
 */
export function grantRole(
  { db, clock }: Context,
  by: By,
  userId: number,
  grant: z.infer<typeof GrantRole>,
): Promise<Answer> {
  if (by.id === userId) {
    throw new Refusal('forbidden', { zh: '不得给自己授权。', en: 'Nobody gives rights to himself.' });
  }
  return withTx(db, async (tx) => {
    checkGrant(grant, await knownParts(tx, grant));
    await existing(tx, userId);
    const row = await inserted(tx, userId, grant, { grantedBy: by.login, now: clock() });
    const after = assignmentOf(row);
    await audit(tx, { actor: by.login, action: 'role.grant', target: row.login, after, address: by.address });
    return after;
  });
}

/** Hands one's own right on until a day. The one who gets it has it while the right itself lives. */
export function delegate({ db, clock }: Context, by: By, wanted: z.infer<typeof Delegate>): Promise<Answer> {
  const now = clock();
  return withTx(db, async (tx) => {
    const source = await findAssignment(tx, wanted.assignmentId);
    if (source?.user_id !== by.id) throw notFound();
    checkDelegation(source, wanted, now);
    const { rows } = await tx.query<{ id: number }>(
      "select id from platform.app_user where login = $1 and enabled and kind = 'person'",
      [wanted.login],
    );
    const userId = rows[0]?.id;
    if (userId === undefined || userId === by.id) {
      throw wrongField('login', { zh: '没有此用户，或为本人。', en: 'No such user, or yourself.' });
    }
    const row = await inserted(
      tx,
      userId,
      {
        role: source.role_code,
        wholeCity: source.whole_city,
        division: source.division_code ?? undefined,
        line: source.line_code ?? undefined,
        institutionIds: source.institution_ids,
        meterIds: source.meter_ids,
        dataFrom: source.data_from ?? undefined,
        dataTo: source.data_to ?? undefined,
        validTo: wanted.validTo,
        reason: wanted.reason,
      },
      { grantedBy: by.login, now, delegatedFrom: source.id },
    );
    const after = assignmentOf(row);
    await audit(tx, { actor: by.login, action: 'role.delegate', target: row.login, after, address: by.address });
    return after;
  });
}

/** Ends a right now. It stays on record, and with it end the delegations made of it. */
export function revokeRole({ db, clock }: Context, by: By, id: number): Promise<void> {
  return withTx(db, async (tx) => {
    const before = await findAssignment(tx, id);
    if (!before) throw notFound();
    await revokeAssignment(tx, id, clock());
    const entry = { actor: by.login, action: 'role.revoke', target: before.login, address: by.address };
    await audit(tx, { ...entry, before: assignmentOf(before) });
  });
}

async function inserted(
  tx: Tx,
  userId: number,
  grant: z.infer<typeof GrantRole>,
  how: Parameters<typeof insertAssignment>[3],
): Promise<AssignmentRow> {
  const id = await insertAssignment(tx, userId, grant, how).catch((error: { code?: string }) => {
    // raised by platform.keep_duties_apart
    if (error.code !== 'GZ001') throw error;
    throw new Refusal('conflict', {
      zh: '三员分立：系统、安全、审计管理员互斥，且不得兼任业务角色。',
      en: 'System, security and audit administrators exclude one another and every business role.',
    });
  });
  const row = await findAssignment(tx, id);
  if (!row) throw new Error('an assignment vanished in its own transaction');
  return row;
}

async function existing(tx: Tx, userId: number): Promise<void> {
  const { rowCount } = await tx.query('select from platform.app_user where id = $1', [userId]);
  if (rowCount !== 1) throw notFound();
}
