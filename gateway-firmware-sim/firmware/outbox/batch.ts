import { MAX_MESSAGE_BYTES, type ReadFailure, type Reading, shanghaiText, type TelemetryBatch } from '@ganzhi/schemas';
import { uuid7 } from './uuid7.ts';

/** Readings as the scanner makes them; the batch adds identity and number. */
export interface Harvest {
  readings: Reading[];
  errors: ReadFailure[];
}

/** Usually well under both wire limits (5,000 readings, 256 KiB): 1,500 readings of 90 bytes are 135 kB. */
export const READINGS_PER_BATCH = 1_500;

/** Cuts a harvest into parts of at most `size` readings and `size` failures. An empty harvest has none. */
export function cutHarvest({ readings, errors }: Harvest, size = READINGS_PER_BATCH): Harvest[] {
  const parts: Harvest[] = [];
  for (let at = 0; at < Math.max(readings.length, errors.length); at += size)
    parts.push({ readings: readings.slice(at, at + size), errors: errors.slice(at, at + size) });
  return parts;
}

export interface SealedBatch {
  seq: number;
  batch: string;
  payload: string;
  bytes: number;
  readings: number;
  /** Earliest and latest time in the batch; its own time when it is empty. */
  oldestAt: number;
  newestAt: number;
}

/** What a batch says of itself besides its contents. */
export interface BatchHead {
  /** Number of the first batch made of a harvest. */
  seq: number;
  replay: boolean;
  now: number;
  clock?: 'unset' | undefined;
}

/** The messages of a harvest, numbered from `head.seq`; each fits the wire's limits, however long the names in it are. */
export function sealHarvest(harvest: Harvest, head: BatchHead): SealedBatch[] {
  const sealed: SealedBatch[] = [];
  const waiting = cutHarvest(harvest);
  for (let part = waiting.shift(); part; part = waiting.shift()) {
    const batch = sealBatch(part, { ...head, seq: head.seq + sealed.length });
    const items = Math.max(part.readings.length, part.errors.length);
    if (batch.bytes <= MAX_MESSAGE_BYTES || items <= 1) sealed.push(batch);
    else waiting.unshift(...cutHarvest(part, Math.ceil(items / 2)));
  }
  return sealed;
}

/** The message as it will go out, byte for byte, each time it is sent. */
export function sealBatch({ readings, errors }: Harvest, { seq, replay, now, clock }: BatchHead): SealedBatch {
  const batch = uuid7(Math.max(0, now));
  const body: TelemetryBatch = {
    ...{ v: 1, batch, seq, sentAt: shanghaiText(now), replay },
    ...(clock === undefined ? {} : { clock }),
    ...{ readings, errors },
  };
  const payload = JSON.stringify(body);
  const first = readings[0]?.t ?? errors[0]?.t ?? now;
  let oldestAt = first;
  let newestAt = first;
  for (const items of [readings, errors]) {
    for (const { t } of items) {
      if (t < oldestAt) oldestAt = t;
      if (t > newestAt) newestAt = t;
    }
  }
  return { seq, batch, payload, bytes: Buffer.byteLength(payload), readings: readings.length, oldestAt, newestAt };
}

/** The same message as part of the backlog. Inside JSON text a quote is escaped, so these characters are the head's own. */
export const asReplay = (payload: string): string => payload.replace('"replay":false', '"replay":true');
