import { DAY, MINUTE, SECOND } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { clockDrifts } from './clock.ts';

const STEP = 15 * MINUTE;
const START = Date.parse('2026-05-18T00:00:00+08:00');
const DAYS = 8;
/** Stamps of eight days with a clock that drifts to `offS` between day 2 and day 4, read at a second of its own. */
const stamps = (offS: number, place = 7 * SECOND): number[] =>
  Array.from({ length: (DAYS * DAY) / STEP }, (_, i) => {
    const t = START + i * STEP + place;
    const part = (t - START - 2 * DAY) / (2 * DAY);
    return t + (part > 0 && part < 1 ? Math.round(offS * part) * SECOND : 0);
  }).sort((a, b) => a - b);

test.each([-900, -600, -120, 120, 300, 900])('%i s off at its end is one drift', (offS) => {
  const [drift, ...more] = clockDrifts(stamps(offS), STEP);
  expect(more).toEqual([]);
  if (!drift) throw new Error('not found');
  // from where it is off by more than ten seconds
  const begins = START + 2 * DAY + ((2 * DAY) / Math.abs(offS)) * 10;
  expect(Math.abs(drift.fromMs - begins)).toBeLessThan(45 * MINUTE + Math.abs(offS) * SECOND);
  expect(Math.abs(drift.toMs - (START + 4 * DAY))).toBeLessThan(STEP + Math.abs(offS) * SECOND + 45 * MINUTE);
  expect(drift.lasts).toBe(false);
  expect(Math.abs(drift.offMs / SECOND - offS)).toBeLessThan(20);
});

test('a clock that is right, or within a minute, has none; seconds of jitter are none', () => {
  expect(clockDrifts(stamps(0), STEP)).toEqual([]);
  expect(clockDrifts(stamps(50), STEP)).toEqual([]);
  expect(
    clockDrifts(
      stamps(0).map((t, i) => t + (i % 7) * SECOND),
      STEP,
    ),
  ).toEqual([]);
  expect(clockDrifts([], STEP)).toEqual([]);
});

test('a drift that is not over lasts', () => {
  const until = START + 3.9 * DAY;
  expect(
    clockDrifts(
      stamps(600).filter((t) => t < until),
      STEP,
    ),
  ).toMatchObject([{ lasts: true }]);
});
