import { type Db, withTx } from '@ganzhi/schemas/db';
import { notify } from '../notification/sql.ts';
import { holdersOf } from './holders.ts';
import { type Approval, escalate, overdue, readApproval } from './sql.ts';

/**
 * Raises what is overdue: those who may decide are reminded, and the next in line, where the course names one, may decide too.
 * One transaction each; several processes do it one after another.
 *
 * @returns how many were raised
 */
export async function escalateOverdue(db: Db, now: number): Promise<number> {
  let raised = 0;
  for (const id of await overdue(db, now)) {
    raised += await withTx(db, async (tx) => {
      await tx.query('select from platform.approval where id = $1 for update', [id]);
      // somebody else may have decided or raised it since it was listed
      if (!(await overdue(tx, now)).includes(id)) return 0;
      const approval = await readApproval(tx, id);
      const step = approval.course[approval.state.step];
      const { escalateTo: role } = step ?? {};
      const next =
        role === undefined || approval.institutionId === null
          ? []
          : await holdersOf(tx, role, approval.institutionId, now);
      const others = next.filter((user) => user !== approval.state.requestedBy);
      await notify(tx, reminderOf(await escalate(tx, id, others, now)), now);
      return 1;
    });
  }
  return raised;
}

function reminderOf({ subject, state, course }: Approval) {
  const step = course[state.step];
  return {
    to: state.assignees.filter((user) => !state.signed.includes(user)),
    kind: 'approval.overdue',
    subject,
    urgent: true,
    title: { zh: '审批已超期', en: 'A decision is overdue' },
    text: {
      zh: `步骤“${step?.zh ?? ''}”已超过办理期限，请尽快办理。`,
      en: `The step "${step?.en ?? ''}" is past its deadline.`,
    },
  };
}
