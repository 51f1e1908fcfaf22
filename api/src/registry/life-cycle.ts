import { type BothLanguages, Refusal } from '../errors/refuse.ts';

/** Life of an institution in the registry (domain handbook M01: 草稿→待审→在库→合并/分立/停报/移出). Pure. */
export const STATES = ['draft', 'review', 'active', 'suspended', 'merged', 'split', 'removed'] as const;
export type State = (typeof STATES)[number];

/** In the registry: counted as a member. The others have not come in yet, or went. */
export const MEMBER_STATES: readonly State[] = ['active', 'suspended'];

/** What can be asked for and approved. */
export const CHANGES = ['entry', 'attributes', 'suspension', 'resumption', 'removal', 'merger', 'split'] as const;
export type Change = (typeof CHANGES)[number];

/** 三无 (no premises, no staff quota, no real operation) and what else takes a body out. */
export const REMOVAL_REASONS = [
  'no-premises',
  'no-staff-quota',
  'no-operation',
  'dissolved',
  'duplicate',
  'other',
] as const;

/** What happens to a change that was handed in. */
export type Step = 'submit' | 'approve' | 'refuse';

type Transition = readonly [from: readonly State[], submit: State | 'stays', approved: State | 'stays'];

/** Entry shows that it is under review; the others leave the state as it is until they are approved. */
const TRANSITIONS: Readonly<Record<Change, Transition>> = {
  entry: [['draft'], 'review', 'active'],
  attributes: [['active', 'suspended'], 'stays', 'stays'],
  suspension: [['active'], 'stays', 'suspended'],
  resumption: [['suspended'], 'stays', 'active'],
  removal: [['active', 'suspended'], 'stays', 'removed'],
  merger: [['active', 'suspended'], 'stays', 'merged'],
  split: [['active', 'suspended'], 'stays', 'split'],
};

/** Who ends, is ended for good: nothing leads out of these. */
export const isFinal = (state: State): boolean => state === 'merged' || state === 'split' || state === 'removed';

/**
 * The state that follows.
 *
 * @throws Refusal `conflict` when the change does not fit the state, naming both and what would fit
 */
export function next(state: State, change: Change, step: Step): State {
  const [from, submitted, approved] = TRANSITIONS[change];
  const before = step === 'submit' || submitted === 'stays' ? from : [submitted];
  if (!before.includes(state)) throw misfit(state, change);
  if (step === 'submit') return submitted === 'stays' ? state : submitted;
  if (step === 'refuse') return submitted === 'stays' ? state : (from[0] ?? state);
  return approved === 'stays' ? state : approved;
}

/** Changes that may be handed in for a body in this state. */
export const possibleChanges = (state: State): Change[] =>
  CHANGES.filter((change) => TRANSITIONS[change][0].includes(state));

export const STATE_NAMES: Readonly<Record<State, BothLanguages>> = {
  draft: { zh: '草稿', en: 'draft' },
  review: { zh: '待审', en: 'under review' },
  active: { zh: '在库', en: 'active' },
  suspended: { zh: '停报', en: 'suspended' },
  merged: { zh: '已合并', en: 'merged' },
  split: { zh: '已分立', en: 'split' },
  removed: { zh: '已移出', en: 'removed' },
};

export const CHANGE_NAMES: Readonly<Record<Change, BothLanguages>> = {
  entry: { zh: '入库', en: 'entry' },
  attributes: { zh: '信息变更', en: 'change of attributes' },
  suspension: { zh: '停报', en: 'suspension' },
  resumption: { zh: '恢复填报', en: 'resumption' },
  removal: { zh: '移出', en: 'removal' },
  merger: { zh: '合并', en: 'merger' },
  split: { zh: '分立', en: 'split' },
};

function misfit(state: State, change: Change): Refusal {
  const possible = possibleChanges(state).map((one) => CHANGE_NAMES[one]);
  const zh = possible.length > 0 ? `可办理：${possible.map((one) => one.zh).join('、')}。` : '该状态不能再变更。';
  const en =
    possible.length > 0 ? `Possible now: ${possible.map((one) => one.en).join(', ')}.` : 'Nothing leads out of it.';
  return new Refusal('conflict', {
    zh: `机构状态为“${STATE_NAMES[state].zh}”，不能办理“${CHANGE_NAMES[change].zh}”。${zh}`,
    en: `The institution is ${STATE_NAMES[state].en}; ${CHANGE_NAMES[change].en} does not fit. ${en}`,
  });
}
