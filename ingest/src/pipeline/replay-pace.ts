import { type ReplayGrant, SECOND } from '@ganzhi/schemas';

/** A live value waits this long at most, as a rule, from its arrival to its commit while a backlog drains. */
const TARGET_MS = 1.5 * SECOND;
const WINDOW_MS = SECOND;
/** Of the live messages of a window, the share that must be within the target. */
const WITHIN = 0.95;
const FIRST_PER_S = 20_000;
const FLOOR_PER_S = 2_000;
const CEILING_PER_S = 1_000_000;
const GRANT_S = 30;
/** A backlog that runs at less than this part of its budget is not held back by it: more would say nothing. */
const USED = 0.7;
const BURST_S = 1;
/** Less than this is not given out: a transaction for each few rows would cost more than it moves. */
const LEAST_S = 0.2;
const SHRINK = 0.7;
/** A second, while nothing was ever late. */
const GROW_FIRST = 2;
const GROW_FAST = 1.5;
const GROW_SLOWLY = 1.05;
/** Growth is fast up to this part of the budget that was too much. */
const SAFE = 0.8;

/**
 * How fast backlogs may drain: found by trying, from what commits cost live values. While live values are in time the budget grows, twofold a second until they are late for the first time, then by half a
 * second up to where they were late before, slowly from there; when they are late and not getting better it shrinks to less
 * than what was replayed last. So it settles at what this database takes beside today's values, and starts carefully again
 * after a pause of the database.
 *
 * Times are monotonic milliseconds and an argument. Pure but for its own state.
 */
export class ReplayPace {
  #perS = FIRST_PER_S;
  #tokens = FIRST_PER_S * BURST_S;
  #filledAt: number;
  #windowAt: number;
  #liveWaitsMs: number[] = [];
  #spent = 0;
  #lateBeforeMs = 0;
  /** Up to here growth is fast: nothing was late below it. */
  #safePerS = CEILING_PER_S;
  /** When each gateway that replays was last heard of. */
  readonly #active = new Map<number, number>();

  constructor(now: number) {
    this.#filledAt = now;
    this.#windowAt = now;
  }

  /** Readings per second for all backlogs together. */
  get perSecond(): number {
    return Math.round(this.#perS);
  }

  /** Gateways that replayed within the last {@link GRANT_S} seconds. */
  get gateways(): number {
    return this.#active.size;
  }

  /** A live message was committed so long after it came. */
  liveCommitted(waitedMs: number): void {
    this.#liveWaitsMs.push(waitedMs);
  }

  /** Rows that replayed messages may take now, 0 or a worthwhile number; a message may overdraw, what follows pays for it. */
  available(now: number): number {
    return this.pauseMs(now) > 0 ? 0 : this.#tokens;
  }

  spend(rows: number, now: number): void {
    this.#advance(now);
    this.#tokens -= rows;
    this.#spent += rows;
  }

  /** Milliseconds until there is something to take again. */
  pauseMs(now: number): number {
    this.#advance(now);
    const missing = this.#perS * LEAST_S - this.#tokens;
    return missing > 0 ? Math.ceil((missing * SECOND) / this.#perS) : 0;
  }

  /** The share of one gateway that has just replayed. Equal shares: turns at the gate keep those to it who do not listen. */
  grantFor(gatewayId: number, now: number): ReplayGrant {
    this.#advance(now);
    // first in the map is who was heard of longest ago
    this.#active.delete(gatewayId);
    this.#active.set(gatewayId, now);
    return { replayPerS: Math.max(1, Math.floor(this.#perS / this.#active.size)), forS: GRANT_S };
  }

  #advance(now: number): void {
    const burst = this.#perS * BURST_S;
    this.#tokens = Math.min(burst, this.#tokens + (this.#perS * (now - this.#filledAt)) / SECOND);
    this.#filledAt = now;
    if (now - this.#windowAt < WINDOW_MS) return;
    this.#adjust((now - this.#windowAt) / SECOND);
    this.#windowAt = now;
    for (const [gatewayId, heardAt] of this.#active) {
      if (now - heardAt < GRANT_S * SECOND) break;
      this.#active.delete(gatewayId);
    }
  }

  #adjust(seconds: number): void {
    const lateMs = this.#lateness();
    const replayedPerS = this.#spent / seconds;
    if (lateMs > TARGET_MS) {
      // a queue that is getting shorter needs time, not a second cut
      if (lateMs >= this.#lateBeforeMs) {
        if (replayedPerS >= this.#perS / 2) this.#safePerS = this.#perS * SAFE;
        this.#perS = Math.max(FLOOR_PER_S, Math.min(this.#perS, replayedPerS * 1.25) * SHRINK);
      }
    } else if (replayedPerS >= this.#perS * USED) {
      this.#perS = Math.min(CEILING_PER_S, this.#perS * this.#growth());
    }
    this.#lateBeforeMs = lateMs;
    this.#liveWaitsMs = [];
    this.#spent = 0;
  }

  #growth(): number {
    if (this.#safePerS === CEILING_PER_S) return GROW_FIRST;
    return this.#perS < this.#safePerS ? GROW_FAST : GROW_SLOWLY;
  }

  /** What nearly all live messages of this window waited. Without any there is nobody to be late, and no reason to hold back. */
  #lateness(): number {
    const waits = this.#liveWaitsMs.toSorted((a, b) => a - b);
    return waits[Math.ceil(waits.length * WITHIN) - 1] ?? 0;
  }
}
