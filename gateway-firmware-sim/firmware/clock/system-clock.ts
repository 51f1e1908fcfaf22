import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Clock, waitUntil } from './clock.ts';

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // Counts from the machine's boot on Linux, unlike performance.now(), which counts from the start of the process.
  monotonicMs: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
  get bootId() {
    return bootId();
  },
  wait: (ms, signal) => delay(ms, undefined, { signal }),
  sleepUntil: (t, signal) => waitUntil(systemClock, t, signal),
};

let known: string | undefined;

/** Where the kernel names no boot, each process is one of its own: then nothing is healed across a restart. */
function bootId(): string {
  known ??= readBootId() ?? `process-${process.pid}-${Date.now()}`;
  return known;
}

function readBootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
