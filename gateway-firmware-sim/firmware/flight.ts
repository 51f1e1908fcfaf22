import type { Lane, Outbox } from './outbox.ts';

/** What is under way to the server: at most `window` batches per lane, each until its acknowledgement. */
export interface Flight {
  /** Sends as many batches as the windows allow, live before backlog. */
  fill(): void;
  /** Takes a batch out of the window after its acknowledgement. */
  settle(batch: string): void;
  /** A new connection: nothing is in flight, everything still in the outbox is to be sent. */
  restart(): void;
  /** Sends again what waited for its acknowledgement too long. */
  resendLate(): void;
}

export interface FlightOptions {
  outbox: Outbox;
  window: number;
  ackTimeoutMs: number;
  send: (payload: string) => void;
}

/**
 * Each lane has a window of its own, so that a full backlog never makes a live batch wait for its acknowledgements.
 * Order within a lane is kept by a cursor over the outbox's ids.
 */
export function createFlight({ outbox, window, ackTimeoutMs, send }: FlightOptions): Flight {
  const lanes = (['live', 'backlog'] as const).map((lane: Lane) => ({
    lane,
    cursor: 0,
    inFlight: new Map<string, { payload: string; sentAt: number }>(),
  }));
  const sendNow = (batch: string, payload: string, inFlight: Map<string, { payload: string; sentAt: number }>) => {
    inFlight.set(batch, { payload, sentAt: performance.now() });
    send(payload);
  };
  return {
    fill() {
      for (const state of lanes) {
        const room = window - state.inFlight.size;
        if (room <= 0) continue;
        for (const { id, batch, payload } of outbox.next(state.lane, state.cursor, room)) {
          state.cursor = id;
          sendNow(batch, payload, state.inFlight);
        }
      }
    },
    settle(batch) {
      for (const { inFlight } of lanes) inFlight.delete(batch);
    },
    restart() {
      for (const state of lanes) {
        state.cursor = 0;
        state.inFlight.clear();
      }
    },
    resendLate() {
      const limit = performance.now() - ackTimeoutMs;
      for (const { inFlight } of lanes) {
        for (const [batch, { payload, sentAt }] of [...inFlight]) if (sentAt < limit) sendNow(batch, payload, inFlight);
      }
    },
  };
}
