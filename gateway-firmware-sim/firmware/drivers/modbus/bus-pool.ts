import type { DisturbanceObserver } from '../line/bus.ts';
import { type BusOptions, type ModbusBus, openModbusBus } from './bus.ts';
import type { HeldSource } from './driver.ts';

/** Hands out one bus per (host, port), closed when the last meter lets go. */
export interface BusPool {
  acquire(options: BusOptions): HeldSource;
}

export function createBusPool(observe?: DisturbanceObserver): BusPool {
  const held = new Map<string, { bus: ModbusBus; users: number }>();
  return {
    acquire(options) {
      const key = `${options.host}:${options.port}`;
      const entry = held.get(key) ?? { bus: openModbusBus({ ...options, observe }), users: 0 };
      entry.users += 1;
      held.set(key, entry);
      return {
        source: entry.bus,
        async release() {
          entry.users -= 1;
          if (entry.users > 0) return;
          held.delete(key);
          await entry.bus.close();
        },
      };
    },
  };
}
