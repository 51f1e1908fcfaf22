import { expect, test } from 'vitest';
import { CHANGES, isFinal, next, possibleChanges, STATES } from './life-cycle.ts';

test('every change from every state: where it leads, or that it does not fit', () => {
  const table = Object.fromEntries(
    STATES.map((state) => [
      state,
      Object.fromEntries(
        CHANGES.flatMap((change) => {
          if (!possibleChanges(state).includes(change)) {
            expect(() => next(state, change, 'submit')).toThrow(/does not fit/);
            return [];
          }
          const handedIn = next(state, change, 'submit');
          return [[change, [handedIn, next(handedIn, change, 'approve'), next(handedIn, change, 'refuse')].join(' ')]];
        }),
      ),
    ]),
  );
  const living = (state: string, other: object) => ({
    attributes: `${state} ${state} ${state}`,
    removal: `${state} removed ${state}`,
    merger: `${state} merged ${state}`,
    split: `${state} split ${state}`,
    ...other,
  });
  expect(table).toEqual({
    draft: { entry: 'review active draft' },
    review: {},
    active: living('active', { suspension: 'active suspended active' }),
    suspended: living('suspended', { resumption: 'suspended active suspended' }),
    merged: {},
    split: {},
    removed: {},
  });
});

test('who ends is ended for good, and only a body under review can be approved into the registry', () => {
  expect(STATES.filter(isFinal)).toEqual(['merged', 'split', 'removed']);
  for (const state of STATES.filter(isFinal)) expect(possibleChanges(state)).toEqual([]);
  expect(() => next('draft', 'entry', 'approve')).toThrow(/does not fit/);
  expect(() => next('removed', 'merger', 'approve')).toThrow(/Nothing leads out/);
});
