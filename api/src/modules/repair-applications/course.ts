import type { Tx } from '@ganzhi/schemas/db';
import { holdersOf } from '../../engines/approval/holders.ts';
import type { Action, Actor } from '../../engines/approval/rules.ts';
import { type Approval, act, type FindAssignees, readApproval, submit } from '../../engines/approval/sql.ts';
import { markActed, notify } from '../../engines/notification/sql.ts';
import { takeNumber } from '../../engines/numbering/sql.ts';
import { notFound, Refusal } from '../../errors/refuse.ts';
import { NUMBERS, subjectOf } from './rules.ts';
import { handIn, materialsOf, type RepairRow } from './sql.ts';

/** What happens to an application from draft to decision, each in one transaction with everything that follows from it. */

/**
 * Hands a draft in, or in again after a return.
 *
 * @throws Refusal when it is not the caller's, is under way, lacks a material, or nobody can decide it
 */
export async function handInRepair(tx: Tx, row: RepairRow, user: { id: number }, now: number): Promise<void> {
  if (row.created_by !== user.id) {
    throw new Refusal('forbidden', { zh: '只有填报人可以提交。', en: 'Only who filled it in may hand it in.' });
  }
  const find = assigneesOver(row, now);
  if (row.approval_id !== null) {
    const again = { id: row.approval_id, actor: { id: user.id, actsFor: [] }, action: { kind: 'resubmit' } as const };
    await tellWhoIsNext(tx, row, await act(tx, again, find, now), now);
    return;
  }
  const application = {
    matter: 'repair',
    subject: subjectOf(row.id),
    institutionId: row.institution_id,
    level: await levelOf(tx, row.institution_id),
    amountFen: Number(row.estimate_fen),
    materials: [...(await materialsOf(tx, row.id)).values()],
    requestedBy: user.id,
  };
  const id = await submit(tx, application, find, now);
  await handIn(tx, row.id, await takeNumber(tx, NUMBERS, now), id);
  await tellWhoIsNext(tx, row, await readApproval(tx, id), now);
}

/** Decides the running step. @throws Refusal of the approval engine; `not-found` for a draft */
export async function decideRepair(
  tx: Tx,
  row: RepairRow,
  { actor, action }: { actor: Actor; action: Action },
  now: number,
): Promise<Approval> {
  if (row.approval_id === null) throw notFound();
  const approval = await act(tx, { id: row.approval_id, actor, action }, assigneesOver(row, now), now);
  await markActed(tx, actor.id, subjectOf(row.id), now);
  await tellWhoIsNext(tx, row, approval, now);
  return approval;
}

const assigneesOver =
  ({ institution_id: institutionId, created_by: author }: RepairRow, now: number): FindAssignees =>
  async (tx, step) =>
    (await holdersOf(tx, step.role, institutionId, now)).filter((id) => id !== author);

/** Those who have to decide now, or the author when it came to an end or back. */
async function tellWhoIsNext(tx: Tx, row: RepairRow, { state, course }: Approval, now: number): Promise<void> {
  const step = course[state.step];
  const running = state.status === 'running' && step;
  const open = state.assignees.filter((id) => !state.signed.includes(id));
  await notify(
    tx,
    {
      to: running ? open : [state.requestedBy],
      kind: running ? 'approval.waiting' : `approval.${state.status}`,
      subject: subjectOf(row.id),
      urgent: false,
      title: running
        ? { zh: `待审批：${row.title}`, en: `To decide: ${row.title}` }
        : { zh: `大中修申请有结果：${row.title}`, en: `Your repair application: ${row.title}` },
      text: running
        ? {
            zh: `步骤：${step.zh}，请在 ${step.deadlineDays} 日内办理。`,
            en: `Step: ${step.en}, within ${step.deadlineDays} days.`,
          }
        : { zh: RESULT[state.status].zh, en: RESULT[state.status].en },
    },
    now,
  );
}

const RESULT = {
  running: { zh: '审批中。', en: 'Under way.' },
  returned: { zh: '已退回，请按意见修改后重新提交。', en: 'Returned: mend it as remarked and hand it in again.' },
  approved: { zh: '已批准。', en: 'Approved.' },
  rejected: { zh: '未获批准。', en: 'Rejected.' },
  withdrawn: { zh: '已撤回。', en: 'Withdrawn.' },
} as const;

/** City-level bodies belong to the city's own division, the root of the tree. */
async function levelOf(tx: Tx, institutionId: number): Promise<'unit' | 'city'> {
  const { rows } = await tx.query<{ city: boolean }>(
    `select d.parent_code is null and exists (select from registry.division c where c.parent_code = d.code) as city
     from registry.institution i join registry.division d on d.code = i.division_code
     where i.id = $1`,
    [institutionId],
  );
  return rows[0]?.city ? 'city' : 'unit';
}
