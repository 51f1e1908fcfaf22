import { type BothLanguages, Refusal } from '../../errors/refuse.ts';

/**
 * An approval is its history: events that are only ever appended, folded into a state. Whatever a person may do is decided
 * here from state, actor and action; the database stores the event that comes out.
 */
export type Event =
  | { readonly kind: 'submit'; readonly by: number }
  /** A step opens for those who may decide it; written by the engine together with the event before it. */
  | { readonly kind: 'open'; readonly step: number; readonly assignees: readonly number[] }
  | { readonly kind: 'approve' | 'reject'; readonly by: number; readonly onBehalfOf: number; readonly comment: string }
  /** 退回: to an earlier step, or with `step` null to the applicant. */
  | {
      readonly kind: 'return';
      readonly by: number;
      readonly onBehalfOf: number;
      readonly step: number | null;
      readonly comment: string;
    }
  /** 转办: one assignee's seat is taken by another. */
  | {
      readonly kind: 'transfer';
      readonly by: number;
      readonly onBehalfOf: number;
      readonly to: number;
      readonly comment: string;
    }
  | { readonly kind: 'withdraw'; readonly by: number }
  /** The deadline passed: these people are added to those who may decide. */
  | { readonly kind: 'escalate'; readonly to: readonly number[] };

export type Status = 'running' | 'returned' | 'approved' | 'rejected' | 'withdrawn';

export interface State {
  readonly status: Status;
  readonly requestedBy: number;
  /** Index in the course; meaningful while running. */
  readonly step: number;
  /** Who may decide the running step; with `sign: all` those who have signed too. */
  readonly assignees: readonly number[];
  readonly signed: readonly number[];
}

/** What the course says of a step, as far as deciding goes. */
export interface CourseStep {
  readonly sign: 'one' | 'all';
}

/** Folds a history. It begins with `submit`. */
export function fold(course: readonly CourseStep[], events: readonly Event[]): State {
  const [first] = events;
  const start: State = {
    status: 'running',
    requestedBy: first?.kind === 'submit' ? first.by : 0,
    step: 0,
    assignees: [],
    signed: [],
  };
  return events.reduce((state, event) => apply(course, state, event), start);
}

function apply(course: readonly CourseStep[], state: State, event: Event): State {
  switch (event.kind) {
    case 'submit':
      return { ...state, status: 'running', step: 0, assignees: [], signed: [] };
    case 'open':
      return { ...state, step: event.step, assignees: event.assignees, signed: [] };
    case 'approve': {
      const signed = [...state.signed, event.onBehalfOf];
      const done = isDecided(course[state.step], state.assignees, signed);
      return { ...state, signed, status: done && state.step === course.length - 1 ? 'approved' : 'running' };
    }
    case 'reject':
      return { ...state, status: 'rejected', assignees: [] };
    case 'return':
      return event.step === null ? { ...state, status: 'returned', assignees: [], signed: [] } : state;
    case 'transfer':
      return { ...state, assignees: state.assignees.map((id) => (id === event.onBehalfOf ? event.to : id)) };
    case 'withdraw':
      return { ...state, status: 'withdrawn', assignees: [] };
    case 'escalate':
      return { ...state, assignees: [...new Set([...state.assignees, ...event.to])] };
  }
}

const isDecided = (step: CourseStep | undefined, assignees: readonly number[], signed: readonly number[]): boolean =>
  step?.sign === 'all' ? assignees.every((id) => signed.includes(id)) : signed.length > 0;

/** The step that has to open after these events; undefined while people still have to act or all is over. */
export function stepToOpen(course: readonly CourseStep[], events: readonly Event[]): number | undefined {
  const state = fold(course, events);
  const last = events.at(-1);
  if (state.status !== 'running' || !last) return undefined;
  if (last.kind === 'submit') return 0;
  if (last.kind === 'return') return last.step ?? undefined;
  if (last.kind === 'approve' && isDecided(course[state.step], state.assignees, state.signed)) return state.step + 1;
  return undefined;
}

export type Action =
  | { readonly kind: 'approve' | 'reject'; readonly comment: string }
  | { readonly kind: 'return'; readonly step: number | null; readonly comment: string }
  | { readonly kind: 'transfer'; readonly to: number; readonly comment: string }
  | { readonly kind: 'withdraw' }
  | { readonly kind: 'resubmit' };

/** Who acts: himself, and those who gave him their authority for now (代理). */
export interface Actor {
  readonly id: number;
  readonly actsFor: readonly number[];
}

/**
 * The event that an action makes, or why it may not be.
 *
 * @throws Refusal `conflict` (state, step, seat) or `forbidden` (not one's turn, own application)
 */
export function eventOf(state: State, actor: Actor, action: Action): Event {
  if (action.kind === 'withdraw' || action.kind === 'resubmit') return applicantsEvent(state, actor, action.kind);
  if (state.status !== 'running') throw over(state.status);
  const onBehalfOf = seatOf(state, actor);
  const { comment } = action;
  const from = { by: actor.id, onBehalfOf, comment };
  switch (action.kind) {
    case 'approve':
      return { kind: 'approve', ...from };
    case 'reject':
      return { kind: 'reject', ...withReason(from) };
    case 'return':
      if (action.step !== null && (action.step < 0 || action.step >= state.step)) {
        throw refuse(
          'conflict',
          '只能退回到之前的步骤或申请人。',
          'A return goes to an earlier step or to the applicant.',
        );
      }
      return { kind: 'return', step: action.step, ...withReason(from) };
    case 'transfer':
      if (action.to === state.requestedBy || state.assignees.includes(action.to)) {
        throw refuse(
          'conflict',
          '不能转给申请人或已在本步骤的人员。',
          'It cannot go to the applicant or to one who has it.',
        );
      }
      return { kind: 'transfer', to: action.to, ...from };
  }
}

function applicantsEvent(state: State, { id }: Actor, kind: 'withdraw' | 'resubmit'): Event {
  if (id !== state.requestedBy)
    throw refuse('forbidden', '只有申请人可以撤回或重报。', 'Only the applicant may do this.');
  if (kind === 'resubmit') {
    if (state.status !== 'returned') throw over(state.status);
    return { kind: 'submit', by: id };
  }
  if (state.status !== 'running' && state.status !== 'returned') throw over(state.status);
  return { kind: 'withdraw', by: id };
}

/** Whose seat the actor takes: his own first. Nobody decides his own application, not even for somebody else. */
function seatOf(state: State, { id, actsFor }: Actor): number {
  if (id === state.requestedBy) {
    throw refuse('forbidden', '不得审批本人的申请。', 'Nobody decides an application of his own.');
  }
  const seats = [id, ...actsFor].filter((seat) => state.assignees.includes(seat) && seat !== state.requestedBy);
  const open = seats.find((seat) => !state.signed.includes(seat));
  if (open !== undefined) return open;
  if (seats.length > 0) throw refuse('conflict', '您已签署本步骤。', 'You have signed this step already.');
  throw refuse('forbidden', '本步骤不由您办理。', 'This step is not yours to decide.');
}

function withReason<T extends { comment: string }>(from: T): T {
  if (from.comment.trim() !== '') return from;
  throw refuse('conflict', '退回或否决须填写理由。', 'A return or a rejection needs its reason.');
}

const STATUS_NAMES: Readonly<Record<Status, BothLanguages>> = {
  running: { zh: '审批中', en: 'under way' },
  returned: { zh: '已退回', en: 'returned to the applicant' },
  approved: { zh: '已批准', en: 'approved' },
  rejected: { zh: '已否决', en: 'rejected' },
  withdrawn: { zh: '已撤回', en: 'withdrawn' },
};

const over = (status: Status): Refusal =>
  refuse(
    'conflict',
    `该申请${STATUS_NAMES[status].zh}，不能执行此操作。`,
    `The application is ${STATUS_NAMES[status].en}; this does not fit.`,
  );

const refuse = (code: 'conflict' | 'forbidden', zh: string, en: string): Refusal => new Refusal(code, { zh, en });
