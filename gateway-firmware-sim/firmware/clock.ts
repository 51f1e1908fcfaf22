import { setTimeout as delay } from 'node:timers/promises';

/** Time as an argument: wall clock in epoch milliseconds, a monotonic count, and waiting. */
export interface Clock {
  now(): number;
  monotonicMs(): number;
  /** Resolves when `now()` has reached `t`, or at once when it is past; rejects with the signal's reason. */
  sleepUntil(t: number, signal: AbortSignal): Promise<void>;
}

/** Longest single wait: a wall clock that is set forward is noticed within this time. */
const LONGEST_SLEEP_MS = 30_000;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleepUntil(t, signal) {
    // A timer may fire a millisecond early, and a wall clock may be set: look again after each wait.
    for (let left = t - Date.now(); left > 0; left = t - Date.now()) {
      await delay(Math.min(left, LONGEST_SLEEP_MS), undefined, { signal });
    }
    signal.throwIfAborted();
  },
};

export interface ManualClock extends Clock {
  /** Moves time forward (never back) and wakes, in order, everything due on the way. */
  advanceTo(t: number): Promise<void>;
}

/** Simulated time: stands still until told. Sleepers see the exact moment they asked for. */
export function manualClock(start: number): ManualClock {
  let now = start;
  let sleepers: { t: number; wake: () => void }[] = [];
  return {
    now: () => now,
    monotonicMs: () => now - start,
    sleepUntil(t, signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      if (t <= now) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const onAbort = () => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          reject(signal.reason);
        };
        const wake = () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        };
        const sleeper = { t, wake };
        sleepers.push(sleeper);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
    async advanceTo(target) {
      for (;;) {
        const due = sleepers.filter((sleeper) => sleeper.t <= target).sort((a, b) => a.t - b.t)[0];
        if (!due) break;
        now = Math.max(now, due.t);
        sleepers = sleepers.filter((sleeper) => sleeper !== due);
        due.wake();
        // Let whoever woke ask for its next moment before time goes on.
        await delay(0);
      }
      now = Math.max(now, target);
    },
  };
}
