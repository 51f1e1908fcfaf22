import { HOUR, MINUTE } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { type Arrival, type Stretch, sentBackwards, sentLate, sentTwice } from './arrivals.ts';

const STEP = 15 * MINUTE;
/** A message with the readings of some scans, by their place in time. */
const message = (scans: readonly number[], rest: Partial<Arrival> = {}): Arrival => ({
  ...{ seq: 0, replay: false, readings: scans.length * 8 },
  times: scans.map((scan) => scan * STEP),
  ...rest,
});
const again = (readings: number): Arrival => ({ seq: 0, replay: false, readings, times: [] });
const stretch = (from: number, to: number, messages: number): Stretch => ({
  fromMs: from * STEP,
  toMs: to * STEP,
  messages,
});

test.each<[string, Arrival[], Stretch[]]>([
  ['each once', [message([0, 1]), message([2, 3])], []],
  ['one twice', [message([0, 1]), message([2, 3]), again(16), message([4, 5])], [stretch(2, 4, 1)]],
  ['a harvest of two messages, twice', [message([0, 1]), message([2]), again(16), again(8)], [stretch(0, 3, 2)]],
  ['nothing of this sample, and as long as none', [message([0, 1]), again(5), message([2, 3])], []],
  ['failed reads only', [message([0, 1]), again(0)], []],
  ['two bursts a day apart', [message([0]), again(8), message([96]), again(8)], [stretch(0, 1, 1), stretch(96, 97, 1)]],
])('sent twice: %s', (_, arrivals, expected) => {
  expect(sentTwice(arrivals, STEP)).toEqual(expected);
});

test.each<[string, Arrival[], Stretch[]]>([
  ['in order', [message([0]), message([1]), message([2])], []],
  ['backwards', [message([0]), message([4]), message([3]), message([2]), message([5])], [stretch(2, 5, 3)]],
  ['two in the wrong order', [message([0]), message([2]), message([1]), message([3])], []],
  ['backlog behind what is live', [message([9]), message([5], { replay: true }), message([4], { replay: true })], []],
  ['duplicates between', [message([4]), again(8), message([3]), again(8), message([2])], [stretch(2, 5, 3)]],
])('sent backwards: %s', (_, arrivals, expected) => {
  expect(sentBackwards(arrivals, STEP)).toEqual(expected);
});

test('sent late: backlog joined over its messages, apart where a day lies between', () => {
  const replay = { replay: true };
  const arrivals = [
    message([20]),
    message([0, 1], replay),
    message([2, 3], replay),
    message([100], replay),
    message([21]),
  ];
  expect(sentLate(arrivals, STEP)).toEqual([stretch(0, 4, 2), stretch(100, 101, 1)]);
  expect(STEP * 4).toBe(HOUR);
});
