import { HOUR, MINUTE, SECOND } from '@ganzhi/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ClockChange, createGatewayClock } from './gateway-clock.ts';
import { manualClock } from './manual-clock.ts';

const NOON = Date.parse('2026-11-23T12:00:00+08:00');
const hear = (serverAt: number, roundTripMs = 50) => ({ serverAt, roundTripMs });

function gateway(start: number) {
  const base = manualClock(start, { monotonicMs: 5_000 });
  const changes: ClockChange[] = [];
  return { base, changes, clock: createGatewayClock(base, (change) => changes.push(change)) };
}

test('a clock in 1970 is not set; the server sets it, by one offset', () => {
  const { base, clock, changes } = gateway(30 * SECOND);
  expect(clock.state()).toBe('unset');
  const bogus = clock.now();
  clock.hear(hear(NOON));
  expect({ state: clock.state(), now: clock.now() }).toEqual({ state: 'confirmed', now: NOON });
  expect(changes).toEqual([{ reason: 'server', byMs: NOON - bogus, state: 'confirmed' }]);
  expect(clock.wallMs()).toBe(base.now());
  expect(clock.serverOffsetMs()).toBe(bogus - NOON);
});

test('the network sets the clock before the server is heard: followed, and then confirmed as it is', () => {
  const { base, clock } = gateway(0);
  base.setWall(NOON);
  expect({ state: clock.state(), now: clock.now() }).toEqual({ state: 'unconfirmed', now: NOON });
  clock.hear(hear(NOON - 40));
  expect({ state: clock.state(), now: clock.now() }).toEqual({ state: 'confirmed', now: NOON });
});

test('once confirmed, a step of the wall clock is told and not followed; slewing is', () => {
  const { base, clock, changes } = gateway(NOON);
  clock.hear(hear(NOON));
  base.setWall(NOON + 3 * HOUR);
  expect(clock.now()).toBe(NOON);
  base.setWall(NOON - 3 * HOUR);
  expect(clock.now()).toBe(NOON);
  expect(changes.map(({ reason }) => reason)).toEqual(['server', 'wall-ignored', 'wall-ignored']);
  base.setWall(NOON - 3 * HOUR + 20);
  expect(clock.now()).toBe(NOON + 20);
});

test('after a correction backwards the clock stands still until time has caught up', async () => {
  const { base, clock } = gateway(NOON + 10 * MINUTE);
  const before = clock.now();
  clock.hear(hear(NOON));
  expect(clock.now()).toBe(before);
  await base.advanceTo(base.now() + 9 * MINUTE);
  expect(clock.now()).toBe(before);
  // A read that began before the correction gets no stamp that was given before.
  expect(clock.stampOf(5_000)).toBe(before + 1);
  await base.advanceTo(base.now() + 2 * MINUTE);
  expect(clock.now()).toBe(NOON + 11 * MINUTE);
});

test('a slow answer corrects only what it can prove', () => {
  const { clock } = gateway(NOON);
  clock.hear(hear(NOON - 20 * SECOND, 30 * SECOND));
  expect({ state: clock.state(), now: clock.now() }).toEqual({ state: 'confirmed', now: NOON });
  clock.hear(hear(NOON + HOUR, 5 * MINUTE));
  expect(clock.now()).toBe(NOON);
});

test('whatever happens to the wall clock, no stamp is given twice and none runs backwards', async () => {
  const step = fc.record({
    passMs: fc.integer({ min: 1, max: MINUTE }),
    wallByMs: fc.integer({ min: -HOUR / 6, max: HOUR }).filter((ms) => ms >= 0 || ms <= -10),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 6 }), fc.boolean(), async (steps, confirmed) => {
      const { base, clock } = gateway(NOON);
      if (confirmed) clock.hear(hear(NOON));
      let last = clock.now();
      for (const { passMs, wallByMs } of steps) {
        base.setWall(base.now() + wallByMs);
        await base.advanceTo(base.now() + passMs);
        const mono = base.monotonicMs();
        const now = clock.now();
        expect(now).toBeGreaterThanOrEqual(last);
        expect(clock.stampOf(mono)).toBeGreaterThanOrEqual(now === last ? now : last + 1);
        last = now;
      }
    }),
    { numRuns: 30 },
  );
});
