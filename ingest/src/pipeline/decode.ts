import { MAX_READINGS_PER_BATCH, ReadFailure, Reading, TelemetryBatch } from '@ganzhi/schemas';
import { z } from 'zod';
import type { Quarantined } from './message.ts';
import { quarantinedMessage, quarantinedReading } from './quarantine.ts';

/** A message whose envelope is right. A reading that is broken in itself is undefined in `readings` and quarantined. */
export interface Decoded {
  batch: string;
  seq: number;
  replay: boolean;
  /** The gateway says itself that its stamps mean nothing. */
  clock?: TelemetryBatch['clock'];
  readings: readonly (Reading | undefined)[];
  errors: readonly ReadFailure[];
  quarantined: readonly Quarantined[];
  /** True when times are the server's: the same bytes a minute later are another message. */
  stamped?: boolean;
  /** What the bytes do not say themselves and hangs on where they came: the same bytes elsewhere are another message. */
  topic?: string;
}

/** A message without a usable envelope; `batch` is named when at least that could be read, so that it can be acknowledged. */
export interface Undecodable {
  batch: string | undefined;
  quarantined: readonly [Quarantined];
  topic?: string;
}

/** How a payload reads: the native protocol below, or a dialect. @param now server's epoch ms */
export type Decoder = (payload: Buffer, now: number) => Decoded | Undecodable;

const Envelope = TelemetryBatch.extend({
  readings: z.array(z.unknown()).max(MAX_READINGS_PER_BATCH),
  errors: z.array(z.unknown()).max(MAX_READINGS_PER_BATCH).default([]),
});
const Head = TelemetryBatch.omit({ readings: true, errors: true });
const Failures = TelemetryBatch.shape.errors;
const Named = z.object({ batch: z.uuid() });

/** Parses a message. One broken reading costs only itself; a broken envelope costs the message. Never throws. */
export function decode(payload: Buffer): Decoded | Undecodable {
  let json: unknown;
  try {
    json = JSON.parse(payload.toString('utf8'));
  } catch {
    return undecodable(undefined, 'not JSON', payload);
  }
  const flawless = decodeFlawless(json);
  if (flawless) return flawless;
  const envelope = Envelope.safeParse(json);
  if (envelope.success) return salvage(envelope.data);
  const named = Named.safeParse(json);
  return undecodable(named.success ? named.data.batch : undefined, firstIssue(envelope.error), payload);
}

/**
 * The usual case, several times faster than the schema and a copy of nothing: readings are checked one by one as `Reading`
 * does it (a property test holds the two together). Undefined for anything else.
 */
function decodeFlawless(json: unknown): Decoded | undefined {
  const head = Head.safeParse(json);
  if (!head.success) return undefined;
  const { readings, errors } = json as { readings: unknown; errors?: unknown };
  const failures = Failures.safeParse(errors);
  if (!failures.success || !Array.isArray(readings) || readings.length > MAX_READINGS_PER_BATCH) return undefined;
  for (const reading of readings) {
    if (!isReading(reading)) return undefined;
    reading.q ??= 0;
  }
  return { ...head.data, readings, errors: failures.data, quarantined: [] };
}

function isReading(value: unknown): value is Reading {
  if (typeof value !== 'object' || value === null) return false;
  const { m, p, t, x, q } = value as Record<string, unknown>;
  return (
    isText(m, 1, 64) &&
    isText(p, 1, 32) &&
    Number.isSafeInteger(t) &&
    (typeof x === 'number' ? Number.isFinite(x) : isText(x, 0, 40)) &&
    (q === undefined || (Number.isInteger(q) && Number(q) >= 0 && Number(q) <= 4))
  );
}

const isText = (value: unknown, min: number, max: number): boolean =>
  typeof value === 'string' && value.length >= min && value.length <= max;

/** True for the form that carries readings. */
export const isDecoded = (result: Decoded | Undecodable): result is Decoded => 'readings' in result;

function salvage(envelope: z.infer<typeof Envelope>): Decoded {
  const quarantined: Quarantined[] = [];
  const readings = envelope.readings.map((value, i) => {
    const parsed = Reading.safeParse(value);
    if (parsed.success) return parsed.data;
    quarantined.push(quarantinedReading(i, reasonOf(parsed.error), firstIssue(parsed.error), value));
    return undefined;
  });
  const errors = envelope.errors.flatMap((value) => {
    const parsed = ReadFailure.safeParse(value);
    return parsed.success ? [parsed.data] : [];
  });
  const { batch, seq, replay, clock } = envelope;
  return { batch, seq, replay, clock, readings, errors, quarantined };
}

/** JSON reads 1e999 as infinity: a reading whose only fault is its value or time is told from garbage. */
function reasonOf({ issues }: z.ZodError): Quarantined['code'] {
  const fields = new Set(issues.map((issue) => issue.path[0]));
  if (fields.size === 1 && fields.has('x')) return 'invalid-value';
  if (fields.size === 1 && fields.has('t')) return 'invalid-time';
  return 'invalid-payload';
}

function firstIssue({ issues }: z.ZodError): string {
  const [issue] = issues;
  return issue ? `${issue.path.join('.') || 'message'}: ${issue.message}`.slice(0, 200) : 'not valid';
}

export const undecodable = (batch: string | undefined, detail: string, payload: Buffer): Undecodable => ({
  batch,
  quarantined: [quarantinedMessage('invalid-payload', detail, payload)],
});
