import { setTimeout as delay } from 'node:timers/promises';
import { type Clock, waitUntil } from './clock.ts';

export interface ManualClock extends Clock {
  /** Lets time pass up to `t` (never back) and wakes, in order, everything due on the way. */
  advanceTo(t: number): Promise<void>;
  /** Sets the wall clock, forward or back, while the monotonic count stays. */
  setWall(t: number): void;
}

/** Simulated time: stands still until told. Sleepers see the exact moment they asked for. */
export function manualClock(start: number, { bootId = 'boot-1', monotonicMs = 0 } = {}): ManualClock {
  let mono = monotonicMs;
  let offset = start - monotonicMs;
  let sleepers: { at: number; wake: () => void }[] = [];
  const clock: ManualClock = {
    bootId,
    now: () => mono + offset,
    monotonicMs: () => mono,
    wait(ms, signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      return new Promise((resolve, reject) => {
        const onAbort = () => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          reject(signal.reason);
        };
        const wake = () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        };
        const sleeper = { at: mono + ms, wake };
        sleepers.push(sleeper);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
    sleepUntil: (t, signal) => waitUntil(clock, t, signal),
    async advanceTo(t) {
      const target = t - offset;
      for (;;) {
        const due = sleepers.filter(({ at }) => at <= target).sort((a, b) => a.at - b.at)[0];
        if (!due) break;
        mono = Math.max(mono, due.at);
        sleepers = sleepers.filter((sleeper) => sleeper !== due);
        due.wake();
        // Let whoever woke ask for its next moment before time goes on.
        await delay(0);
      }
      mono = Math.max(mono, target);
    },
    setWall(t) {
      offset = t - mono;
    },
  };
  return clock;
}
