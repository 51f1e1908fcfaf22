import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Action, type Actor, type Event, eventOf, fold, stepToOpen } from './rules.ts';

const COURSE = [{ sign: 'one' }, { sign: 'all' }, { sign: 'one' }] as const;
const APPLICANT = 1;
const SEATS: readonly (readonly number[])[] = [[10, 11], [20, 21], [30]];
const person = (id: number, ...actsFor: number[]): Actor => ({ id, actsFor });

/** Plays actions as the database would store them: each event, and the opening of a step that follows from it. */
class Play {
  readonly events: Event[] = [];

  constructor() {
    this.#push({ kind: 'submit', by: APPLICANT });
  }

  act(actor: Actor, action: Action): this {
    this.#push(eventOf(this.state, actor, action));
    return this;
  }

  escalate(...to: number[]): this {
    this.#push({ kind: 'escalate', to });
    return this;
  }

  get state() {
    return fold(COURSE, this.events);
  }

  #push(event: Event): void {
    this.events.push(event);
    const step = stepToOpen(COURSE, this.events);
    if (step !== undefined) this.events.push({ kind: 'open', step, assignees: SEATS[step] ?? [] });
  }
}

const yes: Action = { kind: 'approve', comment: '' };
const applicant = person(APPLICANT);

test('one of two is enough at the first step, both sign at the second, then it is through', () => {
  const play = new Play().act(person(11), yes);
  expect(play.state).toMatchObject({ step: 1, assignees: [20, 21] });
  play.act(person(20), yes);
  expect(play.state).toMatchObject({ step: 1, status: 'running', signed: [20] });
  expect(() => play.act(person(20), yes)).toThrow('signed this step already');
  expect(() => play.act(person(10), yes)).toThrow('not yours');
  expect(play.act(person(21), yes).act(person(30), yes).state.status).toBe('approved');
  expect(() => play.act(person(30), yes)).toThrow('is approved');
});

test('returned to an earlier step all sign again; returned to the applicant it starts again', () => {
  const play = new Play().act(person(10), yes).act(person(20), yes).act(person(21), yes);
  play.act(person(30), { kind: 'return', step: 1, comment: '补充报价' });
  expect(play.state).toMatchObject({ step: 1, signed: [] });
  play.act(person(21), { kind: 'return', step: null, comment: '缺少材料' });
  expect(play.state).toMatchObject({ status: 'returned', assignees: [] });
  expect(play.act(applicant, { kind: 'resubmit' }).state).toMatchObject({ status: 'running', step: 0 });
});

test('a return or rejection without reason, or forward, is refused', () => {
  const play = new Play().act(person(10), yes);
  for (const step of [1, 2, -1]) {
    expect(() => play.act(person(20), { kind: 'return', step, comment: 'x' })).toThrow('earlier step');
  }
  expect(() => play.act(person(20), { kind: 'reject', comment: '  ' })).toThrow('reason');
  expect(play.act(person(20), { kind: 'reject', comment: '超标准' }).state.status).toBe('rejected');
});

test('transfer gives the seat away; a delegate signs for the one who sent him', () => {
  const play = new Play().act(person(10), { kind: 'transfer', to: 12, comment: '' });
  expect(() => play.act(person(10), yes)).toThrow('not yours');
  play.act(person(12), yes).act(person(99, 20), yes);
  expect(play.events.at(-1)).toEqual({ kind: 'approve', by: 99, onBehalfOf: 20, comment: '' });
  expect(() => play.act(person(21), { kind: 'transfer', to: APPLICANT, comment: '' })).toThrow('applicant');
  expect(() => play.act(person(21), { kind: 'transfer', to: 20, comment: '' })).toThrow('one who has it');
});

test('nobody decides the own application, also not for somebody else or after an escalation', () => {
  expect(() => new Play().act(person(APPLICANT, 10), yes)).toThrow('of his own');
  expect(() => new Play().escalate(APPLICANT).act(applicant, yes)).toThrow('of his own');
});

test('after the deadline the next level may decide too', () => {
  const play = new Play().escalate(50);
  expect(play.state.assignees).toEqual([10, 11, 50]);
  expect(play.act(person(50), yes).state.step).toBe(1);
});

test('withdrawing ends it; only the applicant may', () => {
  expect(() => new Play().act(person(10), { kind: 'withdraw' })).toThrow('Only the applicant');
  const play = new Play().act(applicant, { kind: 'withdraw' });
  expect(() => play.act(person(10), yes)).toThrow('withdrawn');
  expect(() => play.act(applicant, { kind: 'resubmit' })).toThrow('withdrawn');
});

test('whatever people try: approved only after every step was decided by those it was open for', () => {
  const actor = fc.constantFrom(APPLICANT, 10, 11, 20, 21, 30, 12).map((id) => person(id));
  const action = fc.oneof(
    { weight: 60, arbitrary: fc.constant(yes) },
    fc.record({
      kind: fc.constant('return' as const),
      step: fc.constantFrom(null, 0, 1, 2),
      comment: fc.constant('r'),
    }),
    fc.record({ kind: fc.constant('transfer' as const), to: fc.constantFrom(1, 10, 12, 20), comment: fc.constant('') }),
    fc.constantFrom<Action>({ kind: 'withdraw' }, { kind: 'resubmit' }),
  );
  let approved = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(actor, action), { minLength: 20, maxLength: 80 }), (tries) => {
      const play = new Play();
      for (const [who, what] of tries) {
        try {
          play.act(who, what);
        } catch {
          // refused: nothing is appended
        }
      }
      if (play.state.status !== 'approved') return;
      approved += 1;
      const from = play.events.findLastIndex(({ kind }) => kind === 'submit');
      const course = play.events.slice(from);
      for (const step of COURSE.keys()) {
        const opened = course.findLastIndex((event) => event.kind === 'open' && event.step === step);
        const signers = course.slice(opened).flatMap((event) => (event.kind === 'approve' ? [event.by] : []));
        expect(opened).toBeGreaterThan(0);
        expect(signers.length).toBeGreaterThanOrEqual(COURSE[step]?.sign === 'all' ? 2 : 1);
        expect(signers).not.toContain(APPLICANT);
      }
    }),
    { numRuns: 500 },
  );
  expect(approved).toBeGreaterThan(0);
});
