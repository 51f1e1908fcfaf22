import { type GatewayEvent, shanghaiText } from '@ganzhi/schemas';
import type { Lost } from './outbox.ts';

/** Why readings went unsent: no room, too old, or no disk to keep them on. */
export type LossReason = 'bytes' | 'age' | 'memory';

export interface QueuedEvent {
  id: number;
  event: GatewayEvent;
}

/** Events wait like readings do: an event of an outage is worth most after the outage. */
export interface EventQueue {
  add(event: GatewayEvent): void;
  /** Adds to the report of losses that has not gone out yet, or begins one. */
  addLoss(reason: LossReason, lost: Lost, now: number): void;
  /** The oldest events that are not under way; they count as under way from now on. */
  take(limit: number): QueuedEvent[];
  /** The server has it. */
  remove(id: number): void;
  /** A new connection: nothing is under way. */
  restart(): void;
}

/** Rows of the queue as they are kept; `loss` marks a report that may still grow. */
export interface EventRow extends QueuedEvent {
  loss: LossReason | undefined;
}

/** More than a year of daily faults; beyond it the oldest go, since the newest tell most of the state. */
const MOST_EVENTS = 500;

/**
 * @param kept what was on disk
 * @param onChange told of each row that is new or changed, and (without row) of each that is gone
 */
export function createEventQueue(
  kept: readonly EventRow[],
  onChange: (id: number, row: EventRow | undefined) => void,
): EventQueue {
  const rows = new Map(kept.map((row) => [row.id, row]));
  const underWay = new Set<number>();
  let lastId = Math.max(0, ...rows.keys());
  const remove = (id: number) => {
    underWay.delete(id);
    if (rows.delete(id)) onChange(id, undefined);
  };
  const put = (row: EventRow) => {
    rows.set(row.id, row);
    onChange(row.id, row);
    for (const id of rows.keys()) {
      if (rows.size <= MOST_EVENTS) break;
      remove(id);
    }
  };
  return {
    add(event) {
      lastId += 1;
      put({ id: lastId, event, loss: undefined });
    },
    addLoss(reason, lost, now) {
      if (lost.batches === 0) return;
      const growing = [...rows.values()].find(({ id, loss }) => loss === reason && !underWay.has(id));
      if (growing) return put({ ...growing, event: lossEvent(reason, merged(growing.event, lost), now) });
      lastId += 1;
      put({ id: lastId, event: lossEvent(reason, lost, now), loss: reason });
    },
    take(limit) {
      const taken = [...rows.values()].filter(({ id }) => !underWay.has(id)).slice(0, limit);
      for (const { id } of taken) underWay.add(id);
      return taken.map(({ id, event }) => ({ id, event }));
    },
    remove,
    restart: () => underWay.clear(),
  };
}

const lossEvent = (reason: LossReason, { batches, readings, fromAt, toAt }: Lost, at: number): GatewayEvent => ({
  v: 1,
  at,
  kind: 'outbox-overflow',
  detail: {
    reason,
    batches,
    readings,
    ...(fromAt === undefined || toAt === undefined
      ? {}
      : { fromAt, toAt, from: shanghaiText(fromAt), to: shanghaiText(toAt) }),
  },
});

function merged({ detail }: GatewayEvent, lost: Lost): Lost {
  return addLost(
    {
      batches: Number(detail.batches),
      readings: Number(detail.readings),
      ...(detail.fromAt === undefined ? {} : { fromAt: Number(detail.fromAt), toAt: Number(detail.toAt) }),
    },
    lost,
  );
}

/** Both losses as one. */
export function addLost(a: Lost, b: Lost): Lost {
  const from = [a.fromAt, b.fromAt].filter((t) => t !== undefined);
  const to = [a.toAt, b.toAt].filter((t) => t !== undefined);
  return {
    batches: a.batches + b.batches,
    readings: a.readings + b.readings,
    ...(from.length === 0 ? {} : { fromAt: Math.min(...from), toAt: Math.max(...to) }),
  };
}
