import { createHash } from 'node:crypto';
import { MINUTE, QUALITY, type ReadFailure, type Reading } from '@ganzhi/schemas';
import { type Decoded, type Decoder, undecodable } from '../pipeline/decode.ts';
import type { Quarantined } from '../pipeline/message.ts';
import { quarantinedReading } from '../pipeline/quarantine.ts';
import type { Dialect, Reader, Report, Sample } from './dialect.ts';
import { shiftDecimal } from './shift.ts';

/** Where a tag belongs; `leave`: known, and knowingly left aside. */
export type TagTarget = 'leave' | { meter: string; point: string; powerOfTen: number };

export interface TagContext {
  /** Code of the gateway; stands for the device where the dialect names none. */
  gateway: string;
  /** Target of a tag by the registry; undefined when it has no row. */
  target: (device: string, tag: string) => TagTarget | undefined;
  /** Where a message came, when that is part of what it says: the same bytes elsewhere are another message. */
  topic?: string;
}

/** Values this old come from a backlog: they wait behind live ones. */
const REPLAY_AGE_MS = 15 * MINUTE;
/** As in the native protocol: a text of a thousand digits is no register. */
const LONGEST_DECIMAL = 40;

/** Most dialects are JSON. */
export const jsonReader =
  (dialect: Dialect): Reader =>
  (payload, now) => {
    let message: unknown;
    try {
      message = JSON.parse(payload.toString('utf8'));
    } catch {
      return 'not JSON';
    }
    return dialect(message, now);
  };

/** The decoder of a dialect for one gateway: bytes → what they say → readings of the native protocol. */
export const decoderOf =
  (read: Reader, context: TagContext): Decoder =>
  (payload, now) => {
    const report = read(payload, now);
    if (typeof report === 'string') return { ...undecodable(undefined, report, payload), ...placeOf(context.topic) };
    // once its metrics have names, the same bytes say more than they did
    const topic = (report.strays ?? []).length > 0 ? `${context.topic ?? ''} without birth` : context.topic;
    const batch = batchIdOf(payload, topic, report.stamped ? now : undefined);
    return { ...translate(report, batch, now, context), ...placeOf(topic) };
  };

const placeOf = (topic: string | undefined): { topic?: string } => (topic === undefined ? {} : { topic });

/**
 * What a message says in the words of the native protocol. A tag without a row in the registry is taken by its own names
 * (device = meter code, tag = quantity code), so that it is stored when they fit and quarantined, visibly, when they do not.
 */
export function translate(report: Report, batch: string, now: number, context: TagContext): Decoded {
  const readings: (Reading | undefined)[] = [];
  const quarantined: Quarantined[] = [];
  const heard = new Set<string>();
  let newest = Number.NEGATIVE_INFINITY;
  for (const sample of report.samples) {
    const target = targetOf(sample, context);
    if (target === 'leave') continue;
    const i = readings.length;
    const { meter: m, point: p, powerOfTen } = target;
    const x = decimalOf(sample.x, powerOfTen);
    const reading = { m, p, t: sample.t, x: x ?? sample.x, q: sample.q ?? QUALITY.good };
    heard.add(m);
    newest = Math.max(newest, sample.t);
    if (x === undefined) quarantined.push(quarantinedReading(i, 'invalid-value', 'not a decimal number', reading));
    else if (!Number.isSafeInteger(sample.t)) {
      quarantined.push(quarantinedReading(i, 'invalid-time', 'not a whole millisecond', reading));
    }
    readings.push(x === undefined || !Number.isSafeInteger(sample.t) ? undefined : { ...reading, x });
  }
  for (const { detail, reading } of report.strays ?? []) {
    quarantined.push(quarantinedReading(readings.length, 'no-birth', detail, reading));
    readings.push(undefined);
  }
  const replay = report.replay ?? (newest < now - REPLAY_AGE_MS && Number.isFinite(newest));
  const errors = failuresOf(report, heard, context);
  return { batch, seq: 0, replay, readings, errors, quarantined, stamped: report.stamped };
}

/** Failures name tags, ours name meters: a meter failed when none of its tags had a value. */
function failuresOf(report: Report, heard: ReadonlySet<string>, context: TagContext): ReadFailure[] {
  const failures = new Map<string, ReadFailure>();
  for (const { device, tag, t, code } of report.failures) {
    const target = targetOf({ device, tag }, context);
    if (target === 'leave' || heard.has(target.meter) || !Number.isSafeInteger(t)) continue;
    failures.set(target.meter, { m: target.meter, t, code });
  }
  return [...failures.values()];
}

function targetOf({ device, tag }: Pick<Sample, 'device' | 'tag'>, { gateway, target }: TagContext): TagTarget {
  return target(device, tag) ?? { meter: device || gateway, point: tag, powerOfTen: 0 };
}

/** A value times ten to a power, exact; undefined when it is no decimal number. */
export function decimalOf(x: unknown, powerOfTen: number): number | string | undefined {
  if (typeof x !== 'number' && (typeof x !== 'string' || x.length > LONGEST_DECIMAL)) return undefined;
  if (powerOfTen === 0 && typeof x === 'number') return Number.isFinite(x) ? x : undefined;
  return shiftDecimal(x, powerOfTen);
}

/**
 * Foreign messages have no batch id: it is made of their bytes, so that the same message delivered twice is one batch. Where the
 * server gave the time, the time belongs to it: the same bytes a minute later are another message.
 */
function batchIdOf(payload: Buffer, topic: string | undefined, stampedAt: number | undefined): string {
  const hash = createHash('sha256').update(payload);
  if (topic !== undefined) hash.update(topic);
  if (stampedAt !== undefined) hash.update(String(stampedAt));
  const bytes = hash.digest().subarray(0, 16);
  // RFC 9562 §5.8: version 8, for ids made in a way of one's own
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
