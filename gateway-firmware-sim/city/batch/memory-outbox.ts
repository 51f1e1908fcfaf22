import {
  createEventQueue,
  type Depth,
  type Lane,
  type Outbox,
  type StoredBatch,
  sealHarvest,
} from '../../firmware/outbox/index.ts';

interface Kept extends StoredBatch {
  lane: Lane;
  bytes: number;
  readings: number;
  oldestAt: number;
}

/**
 * An outbox without a disk, for the gateways of a simulated city that never lose power: the same batches, lanes and order.
 * Unbounded; who fills it waits for the server's acknowledgements.
 */
export function memoryOutbox(): Outbox {
  const lanes: Record<Lane, Map<string, Kept>> = { live: new Map(), backlog: new Map(), held: new Map() };
  const notes = new Map<string, string>();
  const listeners = new Set<() => void>();
  let seq = 0;
  const changed = () => {
    for (const listener of listeners) listener();
  };
  const depthOf = (lane: Lane): Depth => {
    const depth = { batches: 0, readings: 0, bytes: 0 };
    for (const { bytes, readings } of lanes[lane].values()) {
      depth.batches += 1;
      depth.readings += readings;
      depth.bytes += bytes;
    }
    return depth;
  };
  return {
    append(lane, harvest, now, note) {
      const sealed = sealHarvest(harvest, { seq, replay: lane === 'backlog', now });
      for (const { batch, payload, readings, oldestAt, bytes } of sealed) {
        seq += 1;
        lanes[lane].set(batch, { id: seq, batch, payload, lane, bytes, readings, oldestAt });
      }
      if (note) notes.set(note.key, note.value);
      changed();
      return { batches: 0, readings: 0 };
    },
    next(lane, afterId, limit) {
      const found: StoredBatch[] = [];
      for (const kept of lanes[lane].values()) {
        if (found.length >= limit) break;
        if (kept.id > afterId) found.push(kept);
      }
      return found;
    },
    remove(batch) {
      if (!lanes.live.delete(batch) && !lanes.backlog.delete(batch)) return false;
      changed();
      return true;
    },
    // Simulated time passes in leaps: what is live stays live, and nothing grows old.
    demote: () => 0,
    limit: () => undefined,
    heal: async () => ({ batches: 0, unchecked: 0, flagged: 0 }),
    release: () => undefined,
    expire: () => ({ batches: 0, readings: 0 }),
    depth(lane) {
      if (lane) return depthOf(lane);
      const [live, backlog] = [depthOf('live'), depthOf('backlog')];
      return {
        batches: live.batches + backlog.batches,
        readings: live.readings + backlog.readings,
        bytes: live.bytes + backlog.bytes,
      };
    },
    oldestAt() {
      const heads = Object.values(lanes).flatMap((lane) => lane.values().next().value?.oldestAt ?? []);
      return heads.length === 0 ? undefined : Math.min(...heads);
    },
    note: (key) => notes.get(key),
    droppedBatches: () => 0,
    events: createEventQueue([], () => undefined),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      listeners.clear();
    },
  };
}
