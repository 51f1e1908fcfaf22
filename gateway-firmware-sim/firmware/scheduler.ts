import type { Clock } from './clock/index.ts';

/** Something to be polled at an interval. */
export interface Polled {
  intervalMs: number;
}

export interface SchedulerOptions<T extends Polled> {
  items: readonly T[];
  clock: Clock;
  /** Items of one group are polled together and wait for each other; groups never wait for one another. One by default. */
  groupOf?: (item: T) => string;
  /** Polls what is due of one group at one tick; must not reject. */
  poll: (due: readonly T[], tick: number) => Promise<void>;
  /** Told of items whose last poll still runs; they skip this tick. */
  onOverrun?: (items: readonly T[]) => void;
}

export interface Scheduler {
  start(): void;
  /** Ends the loop and waits for the polls under way. */
  stop(): Promise<void>;
}

/**
 * One loop and one timer for all items. An item is due at whole multiples of its interval on the wall clock (a minute's
 * poll at :00 of each minute), so the time of a poll does not drift with its duration; everything is also polled once at
 * the start. A poll that still runs is not started again.
 */
export function createScheduler<T extends Polled>(options: SchedulerOptions<T>): Scheduler {
  const { items, clock, groupOf = () => '', poll, onOverrun } = options;
  const running = new Map<T, Promise<void>>();
  const ending = new AbortController();
  let loop: Promise<void> | undefined;

  const begin = (due: readonly T[], tick: number) => {
    const busy = due.filter((item) => running.has(item));
    if (busy.length > 0) onOverrun?.(busy);
    const free = due.filter((item) => !running.has(item));
    for (const group of Map.groupBy(free, groupOf).values()) {
      const done = poll(group, tick).finally(() => {
        for (const item of group) running.delete(item);
      });
      for (const item of group) running.set(item, done);
    }
  };

  const run = async () => {
    begin(items, clock.now());
    for (;;) {
      const tick = nextTick(items, clock.now());
      try {
        await clock.sleepUntil(tick, ending.signal);
      } catch {
        return; // stop() was called
      }
      begin(
        items.filter(({ intervalMs }) => tick % intervalMs === 0),
        tick,
      );
    }
  };

  return {
    start() {
      if (items.length > 0) loop ??= run();
    },
    async stop() {
      ending.abort();
      await loop;
      await Promise.all(running.values());
    },
  };
}

/** The first moment after `now` that is a whole multiple of some item's interval. */
export function nextTick(items: readonly Polled[], now: number): number {
  const intervals = new Set(items.map(({ intervalMs }) => intervalMs));
  return Math.min(...[...intervals].map((interval) => (Math.floor(now / interval) + 1) * interval));
}
