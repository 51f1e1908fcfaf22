import type { ReplayGrant } from '@ganzhi/schemas';

/** How fast the backlog may go: a bucket of readings that fills at the granted rate. */
export interface ReplayBudget {
  grant(grant: ReplayGrant): void;
  /** Readings per second that hold now. */
  perS(): number;
  /** True when a batch may go; its readings are then owed to the bucket. */
  ready(): boolean;
  take(readings: number): void;
}

export interface ReplayBudgetOptions {
  /** Without a grant, or after it lapsed; Infinity for none. */
  defaultPerS: number;
  /** False keeps to the default whatever is granted (simulated time passes at a pace of its own). */
  obeyGrants?: boolean;
  monotonicMs: () => number;
}

/**
 * What one gateway of a city may replay when its server says nothing: 1,960 of them are then 100,000 readings/s together,
 * what one server stores.
 */
export const DEFAULT_REPLAY_PER_S = 50;
/** The bucket holds what one second brings, so that a pause does not become a flood. */
const BURST_MS = 1_000;

/**
 * A batch goes whole when the bucket is not empty, and may overdraw it: over time the rate holds whatever the size of the
 * batches.
 */
export function createReplayBudget(options: ReplayBudgetOptions): ReplayBudget {
  const { defaultPerS, obeyGrants = true, monotonicMs } = options;
  let granted: { perS: number; until: number } | undefined;
  let balance = defaultPerS * (BURST_MS / 1_000);
  let filledAt = monotonicMs();

  const perS = () => (granted && monotonicMs() < granted.until ? granted.perS : defaultPerS);
  const fill = () => {
    const now = monotonicMs();
    const rate = perS();
    if (Number.isFinite(rate)) {
      const most = rate * (BURST_MS / 1_000);
      const before = Number.isFinite(balance) ? balance : most;
      balance = Math.min(most, before + (rate * (now - filledAt)) / 1_000);
    }
    filledAt = now;
    return rate;
  };
  return {
    grant({ replayPerS, forS }) {
      if (!obeyGrants) return;
      fill();
      granted = { perS: replayPerS, until: monotonicMs() + forS * 1_000 };
    },
    perS,
    ready() {
      const rate = fill();
      return rate === Number.POSITIVE_INFINITY || (rate > 0 && balance > 0);
    },
    take(readings) {
      balance -= readings;
    },
  };
}
