import { type Clock, waitUntil } from './clock.ts';
import type { ClockState, TimeKeeper, TimeSample } from './time-keeper.ts';

/** Why the clock of the stamps was set. */
export type ClockChange = {
  reason: 'wall-set' | 'wall-ignored' | 'server';
  /** New time minus old, ms; what the wall did when it was ignored. */
  byMs: number;
  state: ClockState;
};

/** The clock that readings are stamped with. */
export interface GatewayClock extends Clock, TimeKeeper {
  /** Stamp minus monotonic count; differs from one setting of the clock to the next. */
  offsetMs(): number;
  /** The time of a moment of the monotonic count, by what is known now. */
  stampOf(monotonicMs: number): number;
}

/** Before this firmware existed: the wall clock was never set. */
const EARLIEST = Date.UTC(2026, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);
/** The network's time service slews below this; beyond it somebody has set the clock. */
const STEP_MS = 1_000;
/** A slew backwards between two looks that could turn stamps round; the network's are far below. */
const SLEW_MS = 10;
/** Our time may differ from the server's by so much, besides what the way of the answer leaves open. */
const TOLERANCE_MS = 2_000;
/** An answer that took longer tells too little. */
const LONGEST_ROUND_TRIP_MS = 60_000;
/** A correction backwards by at most so much is waited out, so that stamps never run backwards; beyond, time was plain wrong. */
const WAIT_OUT_MS = 60 * 60_000;

/**
 * Stamps follow the monotonic count, set by the wall clock until the server has confirmed it and by the server from then on:
 *
 * - never set since boot (1970): `unset`. Stamps are bogus, but exact to each other, and can be healed by one offset.
 * - set, not compared: `unconfirmed`. A step of the wall clock is followed, since it may be the network's time arriving.
 * - compared with the server: `confirmed`. The count is better than any step of the wall now; the steps are told and ignored.
 *
 * After a correction backwards the clock stands still until time has caught up: no instant twice, no reversed order.
 */
export function createGatewayClock(
  base: Clock,
  onChange: (change: ClockChange) => void = () => undefined,
): GatewayClock {
  const plausible = (t: number) => t >= EARLIEST && t < LATEST;
  const wallOffset = () => base.now() - base.monotonicMs();
  let seenWallOffset = wallOffset();
  let offset = seenWallOffset;
  let state: ClockState = plausible(base.now()) ? 'unconfirmed' : 'unset';
  let serverOffsetMs: number | undefined;
  let last = Number.NEGATIVE_INFINITY;
  /** After a correction backwards: stamps up to here have been given. */
  let given = Number.NEGATIVE_INFINITY;

  const set = (reason: 'wall-set' | 'server', to: number, newState: ClockState) => {
    const byMs = to - offset;
    offset = to;
    const isNewTime = state === 'unset' || -byMs > WAIT_OUT_MS;
    if (isNewTime) last = Number.NEGATIVE_INFINITY;
    if (byMs < 0 || isNewTime) given = last;
    state = newState;
    onChange({ reason, byMs, state });
  };
  const look = () => {
    const wall = wallOffset();
    const moved = wall - seenWallOffset;
    seenWallOffset = wall;
    if (moved === 0) return;
    if (Math.abs(moved) < STEP_MS) {
      offset += moved;
      if (moved <= -SLEW_MS) given = last;
    } else if (state !== 'confirmed' && plausible(base.now())) set('wall-set', wall, 'unconfirmed');
    else onChange({ reason: 'wall-ignored', byMs: moved, state });
  };
  const now = () => {
    look();
    last = Math.max(last, Math.round(base.monotonicMs() + offset));
    return last;
  };

  const clock: GatewayClock = {
    now,
    monotonicMs: base.monotonicMs,
    get bootId() {
      return base.bootId;
    },
    wait: base.wait,
    sleepUntil: (t, signal) => waitUntil(clock, t, signal),
    offsetMs: () => offset,
    stampOf: (monotonicMs) => Math.max(Math.round(monotonicMs + offset), given + 1),
    state() {
      look();
      return state;
    },
    wallMs: base.now,
    serverOffsetMs: () => serverOffsetMs,
    hear({ serverAt, roundTripMs }: TimeSample) {
      if (roundTripMs > LONGEST_ROUND_TRIP_MS) return;
      look();
      // The server answers after its commit, which is most of the round trip: its clock stood at `serverAt` rather just now.
      const early = base.monotonicMs() + offset - serverAt;
      serverOffsetMs = base.now() - serverAt;
      const fits = early >= -TOLERANCE_MS && early <= roundTripMs + TOLERANCE_MS;
      if (state === 'unset' || !fits) set('server', serverAt - base.monotonicMs(), 'confirmed');
      else if (state === 'unconfirmed') set('server', offset, 'confirmed');
    },
  };
  return clock;
}
