import type { Lane, Outbox, StoredBatch } from '../outbox/index.ts';
import type { ReplayBudget } from './budget.ts';

/** What is under way to the server: at most `window` batches per lane, each until its acknowledgement. */
export interface Flight {
  /** Sends as many batches as the windows and the budget allow, live before backlog. */
  fill(): void;
  /** Takes a batch out of the window after its acknowledgement. @returns monotonic ms of its sending, when it was under way */
  settle(batch: string): number | undefined;
  /** A new connection: nothing is in flight, everything still in the outbox is to be sent. */
  restart(): void;
  /** Batches have come into the lanes behind the cursor: looks again from the start, without sending twice. */
  rewind(): void;
  /** Sends again what waited for its acknowledgement too long. */
  resendLate(): void;
  /** Highest id of the live lane that was ever sent. */
  sentUpTo(): number;
}

export interface FlightOptions {
  outbox: Outbox;
  window: number;
  ackTimeoutMs: number;
  budget: ReplayBudget;
  monotonicMs: () => number;
  send: (payload: string) => void;
}

interface LaneState {
  lane: Lane;
  cursor: number;
  inFlight: Map<string, { payload: string; readings: number; sentAt: number }>;
}

/**
 * Each lane has a window of its own, so that a full backlog never makes a live batch wait for its acknowledgements.
 * Order within a lane is kept by a cursor over the outbox's ids.
 */
export function createFlight(options: FlightOptions): Flight {
  const { outbox, window, ackTimeoutMs, budget, monotonicMs, send } = options;
  const laneState = (lane: Lane): LaneState => ({ lane, cursor: 0, inFlight: new Map() });
  const live = laneState('live');
  const backlog = laneState('backlog');
  const lanes = [live, backlog];
  let sentUpTo = 0;

  const sendNow = ({ lane, inFlight }: LaneState, batch: string, payload: string, readings: number) => {
    inFlight.set(batch, { payload, readings, sentAt: monotonicMs() });
    if (lane === 'backlog') budget.take(readings);
    send(payload);
  };
  const sendNext = (state: LaneState, { id, batch, payload, readings }: StoredBatch) => {
    state.cursor = id;
    // A batch that became backlog after it was sent, or reached the disk late, is under way already.
    if (lanes.some(({ inFlight }) => inFlight.has(batch))) return;
    if (state.lane === 'live') sentUpTo = Math.max(sentUpTo, id);
    sendNow(state, batch, payload, readings);
  };
  return {
    fill() {
      const room = window - live.inFlight.size;
      if (room > 0) for (const found of outbox.next('live', live.cursor, room)) sendNext(live, found);
      while (backlog.inFlight.size < window && budget.ready()) {
        const [found] = outbox.next('backlog', backlog.cursor, 1);
        if (!found) return;
        sendNext(backlog, found);
      }
    },
    settle(batch) {
      const sentAt = lanes.map(({ inFlight }) => inFlight.get(batch)?.sentAt).find((at) => at !== undefined);
      for (const { inFlight } of lanes) inFlight.delete(batch);
      return sentAt;
    },
    restart() {
      for (const state of lanes) {
        state.cursor = 0;
        state.inFlight.clear();
      }
    },
    rewind() {
      for (const state of lanes) state.cursor = 0;
    },
    resendLate() {
      const limit = monotonicMs() - ackTimeoutMs;
      for (const state of lanes) {
        for (const [batch, { payload, readings, sentAt }] of [...state.inFlight]) {
          if (sentAt < limit) sendNow(state, batch, payload, readings);
        }
      }
    },
    sentUpTo: () => sentUpTo,
  };
}
