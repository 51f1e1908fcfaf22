import { DAY } from '@ganzhi/schemas';
import { Refusal } from '../../errors/refuse.ts';

/** 问题→整改→复核→销号: a finding is handed over, mended, checked by somebody else, and closed or handed back. */
export type State = 'open' | 'mending' | 'recheck' | 'closed';

export type Action = 'hand-over' | 'report-mended' | 'pass' | 'send-back';

/** Who may do what from where. */
const STEPS: Readonly<Record<Action, { from: State; to: State }>> = {
  'hand-over': { from: 'open', to: 'mending' },
  'report-mended': { from: 'mending', to: 'recheck' },
  pass: { from: 'recheck', to: 'closed' },
  'send-back': { from: 'recheck', to: 'mending' },
};

export interface Finding {
  readonly state: State;
  /** User id of the one who reported it mended; he does not check his own work. */
  readonly mendedBy: number | null;
}

/**
 * The state after an action.
 *
 * @throws Refusal `conflict` when the action does not fit the state, or a person would check own work
 */
export function after(finding: Finding, action: Action, by: number): State {
  const { from, to } = STEPS[action];
  if (finding.state !== from) {
    throw new Refusal('conflict', {
      zh: `当前状态为“${STATE_NAMES[finding.state].zh}”，不能执行此操作。请刷新后重试。`,
      en: `The finding is ${STATE_NAMES[finding.state].en}; this does not fit. Reload and try again.`,
    });
  }
  if (from === 'recheck' && finding.mendedBy === by) {
    throw new Refusal('conflict', {
      zh: '整改人不得复核自己的整改，请由他人复核。',
      en: 'Who mended may not check the own work; let somebody else do it.',
    });
  }
  return to;
}

export const STATE_NAMES: Readonly<Record<State, { zh: string; en: string }>> = {
  open: { zh: '待交办', en: 'open' },
  mending: { zh: '整改中', en: 'being mended' },
  recheck: { zh: '待复核', en: 'waiting for its check' },
  closed: { zh: '已销号', en: 'closed' },
};

/** Whole days over the deadline; 0 while in time. Closed findings are judged by the day they were closed. */
export const daysOverdue = (finding: { dueAt: number; closedAt: number | null }, now: number): number =>
  Math.max(0, Math.ceil(((finding.closedAt ?? now) - finding.dueAt) / DAY));

/** To whom an overdue finding is raised: the unit itself, after 3 days its district, after 10 the city. */
export function escalationOf(overdueDays: number): 'none' | 'unit' | 'district' | 'city' {
  if (overdueDays === 0) return 'none';
  if (overdueDays <= 3) return 'unit';
  return overdueDays <= 10 ? 'district' : 'city';
}

/**
 * Rectification rate: closed of those due, and in time of those closed; null where nothing is due.
 */
export function rates(findings: readonly { dueAt: number; closedAt: number | null }[], now: number) {
  const due = findings.filter(({ dueAt, closedAt }) => closedAt !== null || dueAt <= now);
  const closed = due.filter(({ closedAt }) => closedAt !== null);
  const inTime = closed.filter((finding) => daysOverdue(finding, now) === 0);
  return {
    due: due.length,
    closedShare: due.length === 0 ? null : closed.length / due.length,
    inTimeShare: closed.length === 0 ? null : inTime.length / closed.length,
  };
}
