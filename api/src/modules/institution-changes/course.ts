import type { Tx } from '@ganzhi/schemas/db';
import { holdersOf } from '../../engines/approval/holders.ts';
import type { Action, Actor } from '../../engines/approval/rules.ts';
import { type Approval, act, type FindAssignees, readApproval, submit } from '../../engines/approval/sql.ts';
import { markActed, notify } from '../../engines/notification/sql.ts';
import { notFound } from '../../errors/refuse.ts';
import { applyChange, checkChange, type StoredChange } from '../../registry/apply.ts';
import type { NewChange } from '../../registry/change.ts';
import { existingInstitution } from '../../registry/institutions.ts';
import { CHANGE_NAMES, next } from '../../registry/life-cycle.ts';
import { type ChangeRow, findChange, insertChange, isOfTheCity, setApplied, setApproval, setState } from './sql.ts';

export const subjectOf = (id: number): string => `institution-change/${id}`;

/**
 * Hands a change in: checked against the registry as it is, and given to whoever decides it.
 *
 * @throws Refusal of `checkChange` and of the approval engine
 */
export async function handIn(tx: Tx, asked: NewChange, user: { id: number }, now: number): Promise<ChangeRow> {
  const institution = await existingInstitution(tx, asked.institutionId, true);
  const change: StoredChange =
    asked.kind === 'entry'
      ? { ...asked, effectiveOn: institution.memberFrom, sourceDocument: institution.sourceDocument }
      : asked;
  const state = next(institution.state, change.kind, 'submit');
  await checkChange(tx, change, now);
  const id = await insertChange(tx, change, user.id, now);
  const application = {
    matter: `institution-${change.kind}`,
    subject: subjectOf(id),
    institutionId: institution.id,
    level: (await isOfTheCity(tx, institution.id)) ? ('city' as const) : ('unit' as const),
    amountFen: 0,
    materials: [],
    requestedBy: user.id,
  };
  const approvalId = await submit(tx, application, assigneesOver(institution.id, user.id, now), now);
  await setApproval(tx, id, approvalId);
  await setState(tx, institution.id, state);
  const row = await existingChange(tx, id);
  await tellWhoIsNext(tx, row, await readApproval(tx, approvalId), now);
  return row;
}

/** Decides the running step; the last approval does what was asked for. @throws Refusal of engine and `applyChange` */
export async function decide(
  tx: Tx,
  row: ChangeRow,
  { actor, login, action }: { actor: Actor; login: string; action: Action },
  now: number,
): Promise<void> {
  const request = { id: row.approval_id, actor, action };
  const approval = await act(tx, request, assigneesOver(row.institution_id, row.requested_by, now), now);
  if (approval.state.status === 'approved') {
    await applyChange(tx, row.content, { changeId: row.id, by: login, at: now });
    await setApplied(tx, row.id, now);
  }
  if (approval.state.status === 'rejected') {
    await setState(tx, row.institution_id, next(row.state, row.kind, 'refuse'));
  }
  await markActed(tx, actor.id, subjectOf(row.id), now);
  await tellWhoIsNext(tx, row, approval, now);
}

/** @throws Refusal `not-found`, also outside the caller's scope */
export async function existingChange(tx: Tx, id: number, lock = false): Promise<ChangeRow> {
  const row = await findChange(tx, id, lock);
  if (!row) throw notFound();
  return row;
}

/** Holders of the step's role but who asked; where a division has no second person, the city stands in. */
const assigneesOver =
  (institutionId: number, author: number, now: number): FindAssignees =>
  async (tx, step) => {
    const own = (await holdersOf(tx, step.role, institutionId, now)).filter((id) => id !== author);
    if (own.length > 0) return own;
    return (await holdersOf(tx, 'city-administrator', institutionId, now)).filter((id) => id !== author);
  };

async function tellWhoIsNext(tx: Tx, row: ChangeRow, { state, course }: Approval, now: number): Promise<void> {
  const step = course[state.step];
  const running = state.status === 'running' && step;
  const { zh, en } = CHANGE_NAMES[row.kind];
  await notify(
    tx,
    {
      to: running ? state.assignees.filter((id) => !state.signed.includes(id)) : [state.requestedBy],
      kind: running ? 'approval.waiting' : `approval.${state.status}`,
      subject: subjectOf(row.id),
      urgent: false,
      title: running
        ? { zh: `待审批：${row.name_zh}${zh}`, en: `To decide: ${en} of ${row.name_en}` }
        : { zh: `已办结：${row.name_zh}${zh}`, en: `Decided: ${en} of ${row.name_en}` },
      text: running
        ? {
            zh: `步骤：${step.zh}，请在 ${step.deadlineDays} 日内办理。`,
            en: `Step: ${step.en}, within ${step.deadlineDays} days.`,
          }
        : {
            zh: state.status === 'approved' ? '已批准。' : '未获批准。',
            en: state.status === 'approved' ? 'Approved.' : 'Rejected.',
          },
    },
    now,
  );
}
