import { MAX_MESSAGE_BYTES, type ReadFailure, type Reading, shanghaiText, type TelemetryBatch } from '@ganzhi/schemas';
import { uuid7 } from './uuid7.ts';

/** Readings as the scanner makes them; the batch adds identity and number. */
export interface Harvest {
  readings: Reading[];
  errors: ReadFailure[];
}

/** Well under both wire limits (5,000 readings, 256 KiB): 1,500 readings of 90 bytes are 135 kB. */
export const READINGS_PER_BATCH = 1_500;

/** Cuts a harvest into parts that fit one message each; the failures go with the first part. An empty harvest has none. */
export function cutHarvest({ readings, errors }: Harvest, size = READINGS_PER_BATCH): Harvest[] {
  const parts: Harvest[] = [];
  for (let at = 0; at < readings.length; at += size)
    parts.push({ readings: readings.slice(at, at + size), errors: [] });
  if (errors.length === 0) return parts;
  const [first, ...rest] = parts;
  return [{ readings: first?.readings ?? [], errors }, ...rest];
}

export interface SealedBatch {
  batch: string;
  payload: string;
  readings: number;
  /** Earliest time in the batch; the batch's own time when it holds failures only. */
  oldestAt: number;
}

/**
 * The message as it will go out, byte for byte, each time it is sent.
 *
 * @throws RangeError beyond the wire's 256 KiB: a bug in cutting, never a reason to send half
 */
export function sealBatch(harvest: Harvest, seq: number, replay: boolean, now: number): SealedBatch {
  const body: TelemetryBatch = { v: 1, batch: uuid7(now), seq, sentAt: shanghaiText(now), replay, ...harvest };
  const payload = JSON.stringify(body);
  if (Buffer.byteLength(payload) > MAX_MESSAGE_BYTES)
    throw new RangeError(`Batch of ${payload.length} characters is too large`);
  const times = [...harvest.readings, ...harvest.errors].map(({ t }) => t);
  const oldestAt = times.reduce((oldest, t) => Math.min(oldest, t), times[0] ?? now);
  return { batch: body.batch, payload, readings: harvest.readings.length, oldestAt };
}
