import type { Harvest } from './outbox/index.ts';

/** Brings the harvests of buses that are read side by side together into few batches: a write per bus would wear out the disk. */
export interface Collector {
  /** Runs a poll; its harvest is stored with those of its neighbours. */
  poll(harvest: () => Promise<Harvest>): Promise<void>;
  /** Stores what is there. */
  flush(): void;
}

/** How long a harvest may wait for its neighbours. What is read is lost in a power cut for so long. */
const LINGER_MS = 200;

/** @param store takes the sum; what it throws is its caller's to log, so it must not throw */
export function createCollector(store: (harvest: Harvest) => void, lingerMs = LINGER_MS): Collector {
  let pending: Harvest = { readings: [], errors: [] };
  let running = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const harvest = pending;
    pending = { readings: [], errors: [] };
    if (harvest.readings.length + harvest.errors.length > 0) store(harvest);
  };
  return {
    async poll(harvest) {
      running += 1;
      try {
        const { readings, errors } = await harvest();
        for (const reading of readings) pending.readings.push(reading);
        for (const error of errors) pending.errors.push(error);
      } finally {
        running -= 1;
        if (running === 0) flush();
        else timer ??= setTimeout(flush, lingerMs);
      }
    },
    flush,
  };
}
