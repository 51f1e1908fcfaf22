import { MINUTE, SECOND } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { ReplayPace } from './replay-pace.ts';

/** Seconds of a server that commits `capacity` readings a second and lets live values wait `waitMs(rate)`. */
function drain(pace: ReplayPace, from: number, seconds: number, waitMs: (perS: number) => number): number {
  let now = from;
  for (let second = 0; second < seconds; second += 1) {
    let rows = 0;
    for (let tenth = 0; tenth < 10; tenth += 1) {
      now += SECOND / 10;
      const take = Math.max(0, pace.available(now));
      pace.spend(take, now);
      rows += take;
    }
    pace.liveCommitted(waitMs(rows));
  }
  return now;
}

test('while live values are in time the budget grows, and a grant is an equal share of it', () => {
  const pace = new ReplayPace(0);
  expect(pace.grantFor(1, 0)).toEqual({ replayPerS: 20_000, forS: 30 });
  expect(pace.grantFor(2, 0)).toEqual({ replayPerS: 10_000, forS: 30 });
  const now = drain(pace, 0, 10, () => 50);
  expect(pace.perSecond).toBeGreaterThan(500_000);
  expect(pace.grantFor(2, now).replayPerS).toBe(Math.floor(pace.perSecond / 2));
});

test('it settles near what the database takes, and live values are in time there', () => {
  const pace = new ReplayPace(0);
  const waits: number[] = [];
  const rates: number[] = [];
  const capacity = 100_000;
  // a queue grows from the excess and drains from the slack
  let queued = 0;
  drain(pace, 0, 120, (perS) => {
    queued = Math.max(0, queued + perS - capacity);
    const waitMs = (queued / capacity) * SECOND + 100;
    waits.push(waitMs);
    rates.push(Math.min(perS, capacity));
    return waitMs;
  });
  const settled = waits.slice(30);
  expect(settled.filter((wait) => wait <= 2_000).length / settled.length).toBeGreaterThan(0.7);
  const meanPerS = rates.slice(30).reduce((total, perS) => total + perS, 0) / settled.length;
  expect(meanPerS, 'what is let through of what could be').toBeGreaterThan(capacity * 0.8);
});

test('late live values shrink it to less than what was replayed, a paused database to the floor; then it starts carefully', () => {
  const pace = new ReplayPace(0);
  let now = drain(pace, 0, 6, () => 50);
  const before = pace.perSecond;
  now = drain(pace, now, 3, () => 5_000);
  expect(pace.perSecond).toBeLessThan(before * 0.8);
  now += MINUTE;
  pace.liveCommitted(MINUTE);
  expect(pace.available(now)).toBeGreaterThan(0);
  expect(pace.perSecond).toBe(2_000);
  drain(pace, now, 3, () => 50);
  expect(pace.perSecond).toBeGreaterThan(2_000);
  expect(pace.perSecond).toBeLessThan(20_000);
});

test('a budget that nobody uses does not grow', () => {
  const pace = new ReplayPace(0);
  for (let now = 0; now < MINUTE; now += SECOND) {
    pace.spend(100, now);
    pace.liveCommitted(10);
  }
  expect(pace.perSecond).toBe(20_000);
});

test('without live values nobody is late: the budget grows to what is used', () => {
  const pace = new ReplayPace(0);
  for (let now = 0; now < 10 * SECOND; now += SECOND) pace.spend(pace.perSecond, now);
  expect(pace.perSecond).toBeGreaterThan(100_000);
});

test('what is overdrawn is paid for before more is taken', () => {
  const pace = new ReplayPace(0);
  pace.spend(30_000, 0);
  expect(pace.available(0)).toBe(0);
  expect(pace.pauseMs(0)).toBe(700);
  expect(pace.available(600)).toBe(0);
  expect(pace.available(700)).toBe(4_000);
  expect(pace.pauseMs(700)).toBe(0);
});

test('a gateway that has not replayed for half a minute is not counted', () => {
  const pace = new ReplayPace(0);
  for (let id = 1; id <= 100; id += 1) pace.grantFor(id, 0);
  expect(pace.grantFor(7, 20 * SECOND).replayPerS).toBe(200);
  expect(pace.grantFor(7, 31 * SECOND).replayPerS).toBe(20_000);
  expect(pace.gateways).toBe(1);
});
