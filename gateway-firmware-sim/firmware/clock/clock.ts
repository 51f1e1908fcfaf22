/** Time as an argument: wall clock in epoch milliseconds, a monotonic count, and waiting. */
export interface Clock {
  now(): number;
  /** Milliseconds since the machine booted; never jumps, goes on when this process restarts. */
  monotonicMs(): number;
  /** Names the boot that `monotonicMs` counts from. */
  readonly bootId: string;
  /** Resolves after so many monotonic milliseconds; rejects with the signal's reason. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** Resolves when `now()` has reached `t`, or at once when it is past; rejects with the signal's reason. */
  sleepUntil(t: number, signal: AbortSignal): Promise<void>;
}

/** Longest single wait: a clock that is set is noticed within this time. */
const LONGEST_WAIT_MS = 10_000;

/** `sleepUntil` for any clock: looks again after each wait, since the clock may be set meanwhile. */
export async function waitUntil(clock: Pick<Clock, 'now' | 'wait'>, t: number, signal: AbortSignal): Promise<void> {
  for (let left = t - clock.now(); left > 0; left = t - clock.now()) {
    await clock.wait(Math.min(left, LONGEST_WAIT_MS), signal);
  }
  signal.throwIfAborted();
}
