import { HOUR, SECOND } from '@ganzhi/schemas';
import type { MeterDriver } from '../../firmware/drivers/driver.ts';
import type { Outbox } from '../../firmware/outbox/index.ts';
import { type ScannedMeter, scanMeters } from '../../firmware/scanner.ts';
import { driftingStamp } from '../faults/clock.ts';
import type { Fault } from '../faults/kinds.ts';
import { createUploader, type Upload } from '../faults/upload.ts';
import type { SimulatedMeter } from './simulated-meters.ts';
import type { Truth } from './truth.ts';

/** A gateway's meters with their drivers; `now` is what the simulated meters take for the time. */
export interface StationMeters {
  meters: readonly { simulated: SimulatedMeter; driver: MeterDriver }[];
  setNow(t: number): void;
  close(): Promise<void>;
}

/** One gateway in simulated time: scans with the firmware's scanner, and puts harvests into its outbox. */
export interface Station {
  readonly code: string;
  readonly outbox: Outbox;
  /** Scans at every step in [fromMs, toMs). */
  scan(fromMs: number, toMs: number): Promise<void>;
  /** The run is over: what its faults held back goes into the outbox too. */
  finish(): void;
  /** An outage lies in [fromMs, toMs), or a part of one. */
  isCutOff(fromMs: number, toMs: number): boolean;
  sent(): { readings: number; failures: number };
  close(): Promise<void>;
}

export interface StationOptions {
  code: string;
  outbox: Outbox;
  meters: StationMeters;
  stepMs: number;
  /** Faults of the gateway and its division. */
  faults: readonly Fault[];
  truth: Truth;
}

export function createStation({ code, outbox, meters, stepMs, faults, truth }: StationOptions): Station {
  const uploader = createUploader(faults);
  const stampOf = driftingStamp(faults);
  const outages = faults.filter(({ kind }) => kind === 'division-outage');
  const sent = { readings: 0, failures: 0 };
  const all = meters.meters.map(({ simulated, driver }) => ({
    simulated,
    scanned: {
      code: simulated.meter.code,
      intervalMs: simulated.meter.intervalS * SECOND,
      driver,
    } satisfies ScannedMeter,
  }));
  const put = (uploads: readonly Upload[], now: number) => {
    for (const { lane, harvest } of uploads) {
      if (harvest.readings.length + harvest.errors.length === 0) continue;
      sent.readings += harvest.readings.length;
      sent.failures += harvest.errors.length;
      outbox.append(lane, harvest, now);
    }
  };
  let now = 0;
  return {
    code,
    outbox,
    async scan(fromMs, toMs) {
      for (let t = fromMs; t < toMs; t += stepMs) {
        now = t;
        meters.setNow(t);
        const due = all.filter(({ simulated, scanned }) => t % scanned.intervalMs === 0 && !simulated.isSilent(t));
        const stamp = stampOf(t);
        uploader.take(
          t,
          await scanMeters(
            due.map(({ scanned }) => scanned),
            () => stamp,
          ),
        );
        if (t % HOUR === 0) for (const { simulated } of all) truth.atHour(simulated, t);
      }
      put(uploader.release(toMs), toMs);
    },
    finish: () => put(uploader.releaseAll(), now),
    isCutOff: (fromMs, toMs) => outages.some(({ start, end }) => start < toMs && end > fromMs),
    sent: () => sent,
    async close() {
      await meters.close();
      outbox.close();
    },
  };
}
