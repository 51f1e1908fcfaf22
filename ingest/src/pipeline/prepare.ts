import { createHash } from 'node:crypto';
import { type ErrorCode, type Reading, toCounts } from '@ganzhi/schemas';
import type { GatewayEntry } from '../registry/load.ts';
import { type Decoded, type Decoder, decode, isDecoded, type Undecodable } from './decode.ts';
import type { FailureRow, Message, Quarantined, Row, Source } from './message.ts';
import { quarantinedReading } from './quarantine.ts';
import { type MeterLookup, type Resolved, resolveMeter, resolveReading } from './resolve.ts';
import { timeFault } from './validate.ts';

export interface PrepareContext {
  registry: MeterLookup & { lookAgainForMeters(codes: readonly string[]): Promise<void> };
  /** Server's time, epoch ms. */
  now: number;
  source: Source;
  /** Simulated time is refused altogether (production). */
  refuseSimulated: (gateway: GatewayEntry) => boolean;
  /** The native protocol unless said. */
  decoder?: Decoder;
}

/** Decode, resolve, validate: a message as received becomes rows and quarantine entries. Throws only what the decoder throws. */
export async function prepare(gateway: GatewayEntry, payload: Buffer, context: PrepareContext): Promise<Message> {
  const { now, source, decoder = decode } = context;
  const decoded = decoder(payload, now);
  const base = { gateway, source, payload, digest: digestOf(payload, decoded, now), receivedAt: now };
  if (!isDecoded(decoded)) {
    const { batch, quarantined } = decoded;
    const head = batch === undefined ? {} : { head: { batch, seq: 0, replay: false, readings: 0 } };
    return { ...base, ...head, rows: [], failures: [], quarantined };
  }
  const rows: Row[] = [];
  const quarantined: Quarantined[] = [...decoded.quarantined];
  const refused = context.refuseSimulated(gateway);
  const faultOfAll = refused ? 'simulated-time-refused' : decoded.clock === 'unset' ? 'clock-unset' : undefined;
  const resolved = faultOfAll ? [] : await resolveAll(decoded.readings, gateway, context.registry);
  for (const [i, reading] of decoded.readings.entries()) {
    if (!reading) continue;
    const row = toRow(reading, resolved[i] ?? faultOfAll ?? 'unknown-meter', gateway, context.now);
    if (typeof row === 'string') quarantined.push(quarantinedReading(i, row, DETAIL[row] ?? row, reading));
    else rows.push(row);
  }
  const { batch, seq, replay, readings } = decoded;
  return {
    ...base,
    head: { batch, seq, replay, readings: readings.length },
    rows,
    failures: faultOfAll ? [] : failuresOf(decoded, gateway, context),
    quarantined,
  };
}

function digestOf(payload: Buffer, decoded: Decoded | Undecodable, now: number): Buffer {
  const hash = createHash('sha256').update(payload);
  if (decoded.topic !== undefined) hash.update(decoded.topic);
  if (isDecoded(decoded) && decoded.stamped) hash.update(String(now));
  return hash.digest();
}

const DETAIL: Partial<Record<ErrorCode, string>> = {
  'unknown-meter': 'register the meter, then replay',
  'foreign-meter': 'assign the meter to this gateway, then replay',
  'unknown-point': 'add the point to the meter, then replay',
  'invalid-value': 'not a finite decimal number that fits the point',
  'invalid-time': 'outside 2000 to 2100',
  'future-time': "check the gateway's clock",
  'clock-unset': 'the gateway could not tell when it read this',
  'simulated-time-refused': 'simulated time is for demonstrations only',
};

/** Meter and point of each reading. Codes that are not known are asked for once, all together. */
async function resolveAll(
  readings: Decoded['readings'],
  gateway: GatewayEntry,
  registry: PrepareContext['registry'],
): Promise<(Resolved | ErrorCode | undefined)[]> {
  const resolve = (reading: Reading | undefined) => reading && resolveReading(reading, gateway, registry);
  const resolved = readings.map(resolve);
  const unknown = new Set(
    readings.flatMap((reading, i) => (reading && typeof resolved[i] === 'string' ? reading.m : [])),
  );
  if (unknown.size === 0) return resolved;
  await registry.lookAgainForMeters([...unknown]);
  return readings.map(resolve);
}

function toRow(reading: Reading, resolved: Resolved | ErrorCode, gateway: GatewayEntry, now: number): Row | ErrorCode {
  if (typeof resolved === 'string') return resolved;
  const fault = timeFault(reading.t, now, gateway);
  if (fault) return fault;
  const counts = toCounts(reading.x, resolved.point.decimals);
  if (counts === undefined) return 'invalid-value';
  return { meterId: resolved.meter.id, point: resolved.point.id, ts: reading.t, counts, quality: reading.q };
}

/** Failures of meters that are not ours, or with impossible times, say nothing that could be shown: they are left out. */
function failuresOf(decoded: Decoded, gateway: GatewayEntry, { registry, now }: PrepareContext): FailureRow[] {
  const seen = new Set<string>();
  return decoded.errors.flatMap(({ m, t, code }) => {
    const meter = resolveMeter(m, gateway, registry);
    if (typeof meter === 'string' || timeFault(t, now, gateway)) return [];
    // Several points of one read may have failed: that is one failed read of the meter.
    if (seen.size === seen.add(`${meter.id} ${t}`).size) return [];
    return [{ meterId: meter.id, ts: t, code }];
  });
}
