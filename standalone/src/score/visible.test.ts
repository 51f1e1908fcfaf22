import { DAY, HOUR, MINUTE } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import type { TruthEvent } from './truth-events.ts';
import { type Flow, flowsOf, type Reason, visibility } from './visible.ts';

const START = Date.parse('2026-05-18T12:00:00+08:00');
const TO = Date.parse('2026-05-28T00:00:00+08:00');
const meters = ['M1', 'M2'].map((meter) => ({ meter, ratio: 40, decimals: meter === 'M1' ? 0 : 2 }));
const event = (kind: string, rest: Partial<TruthEvent> = {}): TruthEvent => ({
  ...{ id: 'F1', kind, meters: ['M1'], gateways: ['G1'], startMs: START, endMs: START + 4 * DAY, magnitude: 1 },
  ...{ announced: false, added: undefined, lastRegister: undefined, firstRegister: undefined },
  ...rest,
});
const flow = (moved: number[], apart = 0): Flow => ({
  moved: new Map(moved.map((counts, i) => [`M${i + 1}`, counts])),
  apart,
});

test.each<[string, TruthEvent, Flow | undefined, Reason | undefined]>([
  ['a leak of four days', event('leak', { added: 12 }), undefined, undefined],
  ['two nights before the end', event('leak', { startMs: TO - 2.5 * DAY, endMs: TO + DAY }), undefined, 'cut-short'],
  [
    'ratio two hours before the end',
    event('ct-misset', { startMs: TO - 2 * HOUR, endMs: TO + DAY }),
    undefined,
    'cut-short',
  ],
  ['an exchange on record', event('replacement', { announced: true }), undefined, 'announced'],
  ['air conditioning where nobody ever leaves', event('ac-left-on', { added: 0 }), undefined, 'no-effect'],
  ['a spike of 0', event('spike', { lastRegister: 0, firstRegister: 0 }), undefined, 'no-effect'],
  ['a spike', event('spike', { lastRegister: 3, firstRegister: 30 }), undefined, undefined],
  ['frozen where two counts would have moved', event('frozen'), flow([80]), 'no-effect'],
  ['frozen where more would have', event('frozen'), flow([400]), undefined],
  ['swapped with its like', event('swapped-children', { meters: ['M1', 'M2'] }), flow([1_000, 1_010], 60), 'no-effect'],
  ['swapped with another', event('swapped-children', { meters: ['M1', 'M2'] }), flow([1_000, 500], 500), undefined],
  [
    'a clock 50 s off when the run ends',
    event('clock-drift', { magnitude: -120, startMs: TO - 2 * DAY, endMs: TO + 2.8 * DAY }),
    undefined,
    'within-tolerance',
  ],
  ['a clock two minutes off', event('clock-drift', { magnitude: -120 }), undefined, undefined],
  ['a division of one gateway', event('division-outage'), undefined, 'one-gateway'],
  ['a division of two', event('division-outage', { gateways: ['G1', 'G2'] }), undefined, undefined],
])('%s', (_, one, known, expected) => {
  expect(visibility({ toMs: TO }, meters, () => known)(one)).toBe(expected);
});

test('flows are of whole hours inside the fault', async () => {
  const hours = [START - HOUR, START, START + HOUR, START + 2 * HOUR].flatMap((hour) => [
    { meter: 'M1', hour, counts: 10 },
    { meter: 'M2', hour, counts: 400 },
  ]);
  const swap = event('swapped-children', { meters: ['M1', 'M2'], endMs: START + 2 * HOUR + 30 * MINUTE });
  const truth = {
    ...{ seed: 1, profile: 'default', fromMs: START, toMs: TO, faults: [] },
    async *hours() {
      yield* hours;
    },
  };
  const flows = await flowsOf(truth, [swap, event('leak', { id: 'F2' })], meters);
  expect([...flows]).toEqual([
    [
      'F1',
      {
        moved: new Map([
          ['M1', 20],
          ['M2', 8],
        ]),
        apart: 12,
      },
    ],
  ]);
});
