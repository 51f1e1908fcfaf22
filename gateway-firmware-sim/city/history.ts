import { setTimeout as delay } from 'node:timers/promises';
import { DAY, dayStart, MINUTE } from '@ganzhi/schemas';
import type { MeterDriver } from '../firmware/drivers/driver.ts';
import { type Gateway, type Outbox, templateById } from '../firmware/index.ts';
import type { Harvest } from '../firmware/outbox/index.ts';
import { scanMeters } from '../firmware/scanner.ts';
import type { Registers } from './model/registers.ts';
import type { CityMeter } from './population/metering.ts';
import { virtualDriver } from './virtual-drivers.ts';

export const HISTORY_STEP_MS = 15 * MINUTE;
/** The booked register and the power; momentary voltages of last month interest nobody. */
const QUANTITIES = ['energy.import', 'power'] as const;
const READINGS_PER_BATCH = 900;
/** Backlog batches a gateway may hold before its history waits for acknowledgements. */
const MAX_WAITING = 4;
const NOTE = 'history';
const PAUSE_MS = 50;

export interface HistoryProgress {
  /** Readings acknowledged, and all there will be. */
  done: number;
  total: number;
}

export interface HistorySite {
  gateway: Pick<Gateway, 'code' | 'outbox'>;
  meters: readonly { meter: CityMeter; registers: Registers }[];
}

export interface HistoryOptions {
  sites: readonly HistorySite[];
  days: number;
  /** Registers do not move before this. */
  epochMs: number;
  now: () => number;
  onProgress?: (progress: HistoryProgress) => void;
}

export interface History {
  progress(): HistoryProgress;
  /** Ends when everything is produced, or at the signal. */
  run(signal: AbortSignal): Promise<void>;
}

/** Where a gateway's history stands; kept in its outbox, written in the transaction of the batch it describes. */
interface Cursor {
  from: number;
  to: number;
  /** Next moment to produce. */
  next: number;
}

/**
 * The past of a demonstration: what each gateway would have stored every 15 minutes of the last days, written into its own
 * backlog lane and sent like any outage's replay. Produced once per gateway, oldest first, resumed after a restart, and
 * slowed down to the server's acknowledgements, so that the outbox stays small.
 */
export function createHistory({ sites, days, epochMs, now, onProgress }: HistoryOptions): History {
  let virtualNow = 0;
  const producers = sites.map(({ gateway, meters }) => {
    const outbox = gateway.outbox();
    const cursor = readCursor(outbox) ?? newCursor(days, epochMs, now());
    const scanned = meters.map(({ meter, registers }) => ({
      code: meter.code,
      intervalMs: HISTORY_STEP_MS,
      driver: virtualDriver(templateById(meter.template), registers, () => virtualNow, QUANTITIES),
    }));
    return { outbox, cursor, meters: scanned, perStep: meters.length * QUANTITIES.length };
  });

  const progress = (): HistoryProgress => {
    let done = 0;
    let total = 0;
    for (const { outbox, cursor, perStep } of producers) {
      const steps = (until: number) => Math.max(0, Math.ceil((until - cursor.from) / HISTORY_STEP_MS));
      total += steps(cursor.to) * perStep;
      done += Math.max(0, steps(cursor.next) * perStep - outbox.depth('backlog').readings);
    }
    return { done, total };
  };

  const produce = async ({ outbox, cursor, meters, perStep }: (typeof producers)[number]): Promise<void> => {
    const steps = Math.max(1, Math.floor(READINGS_PER_BATCH / Math.max(1, perStep)));
    const harvest: Harvest = { readings: [], errors: [] };
    const end = Math.min(cursor.to, cursor.next + steps * HISTORY_STEP_MS);
    for (; cursor.next < end; cursor.next += HISTORY_STEP_MS) {
      virtualNow = cursor.next;
      const { readings } = await scanMeters(meters, () => virtualNow);
      harvest.readings.push(...readings);
    }
    outbox.append('backlog', harvest, now(), { key: NOTE, value: JSON.stringify(cursor) });
  };

  return {
    progress,
    async run(signal) {
      await Promise.all(
        producers.flatMap(({ meters }) => meters.map(({ driver }: { driver: MeterDriver }) => driver.open())),
      );
      while (!signal.aborted) {
        const open = producers.filter(({ cursor }) => cursor.next < cursor.to);
        if (open.length === 0) break;
        const free = open.filter(({ outbox }) => outbox.depth('backlog').batches < MAX_WAITING);
        for (const producer of free) {
          if (signal.aborted) break;
          await produce(producer);
          await delay(0); // live polls and acknowledgements come in between
        }
        onProgress?.(progress());
        if (free.length === 0) await delay(PAUSE_MS);
      }
    },
  };
}

/** From the start of a Shanghai day, so that the first day is whole, up to the last full step before now. */
function newCursor(days: number, epochMs: number, now: number): Cursor {
  const from = Math.max(dayStart(now - days * DAY), Math.ceil(epochMs / HISTORY_STEP_MS) * HISTORY_STEP_MS);
  const to = Math.floor(now / HISTORY_STEP_MS) * HISTORY_STEP_MS + 1;
  return { from, to: days > 0 ? Math.max(from, to) : from, next: from };
}

function readCursor(outbox: Outbox): Cursor | undefined {
  const text = outbox.note(NOTE);
  return text === undefined ? undefined : (JSON.parse(text) as Cursor);
}
