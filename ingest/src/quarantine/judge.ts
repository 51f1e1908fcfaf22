import { createHash } from 'node:crypto';
import { type ErrorCode, Reading } from '@ganzhi/schemas';
import { decimalOf, type TagTarget } from '../dialects/translate.ts';
import type { Message } from '../pipeline/message.ts';
import { type PrepareContext, prepare } from '../pipeline/prepare.ts';
import { timeFault } from '../pipeline/validate.ts';
import type { GatewayEntry } from '../registry/load.ts';
import type { QuarantineEntry, Verdict } from './sql.ts';

export interface JudgeContext extends Omit<PrepareContext, 'decoder'> {
  gateway: (code: string) => GatewayEntry | undefined;
  tag: (gatewayId: number, device: string, tag: string) => TagTarget | undefined;
}

export interface Judgement {
  /** What is to be written; none when nothing of the entries can be stored. */
  messages: Message[];
  /** Verdicts, should the messages be written. */
  verdicts: Verdict[];
}

/**
 * Entries of ONE gateway, judged by the registry of now and the time of then: a reading that came from the future stays one,
 * however long it has waited, because the gateway's clock was wrong.
 */
export async function judge(entries: readonly QuarantineEntry[], context: JudgeContext): Promise<Judgement> {
  const gateway = context.gateway(entries[0]?.gateway_code ?? '');
  if (!gateway?.enabled) {
    const detail = gateway ? 'the gateway is disabled' : 'register it, then replay';
    return { messages: [], verdicts: entries.map((entry) => refused(entry, 'unknown-gateway', detail)) };
  }
  const messages: Message[] = [];
  const verdicts: Verdict[] = [];
  const readings: { entry: QuarantineEntry; reading: Reading }[] = [];
  for (const entry of entries) {
    const whole = messageOf(entry.payload);
    if (whole !== undefined) {
      const message = await prepare(gateway, Buffer.from(whole), { ...context, now: entry.received_at });
      const nothing = message.rows.length + message.failures.length === 0;
      const [why] = message.quarantined;
      if (nothing && why) verdicts.push(refused(entry, why.code, why.detail));
      else {
        // what is wrong with single readings of it is kept as entries of their own
        messages.push(message);
        verdicts.push({ entry, result: 'stored' });
      }
      continue;
    }
    const reading = readingOf(entry, gateway, context);
    if (typeof reading === 'object') readings.push({ entry, reading });
    else if (reading === 'left') verdicts.push({ entry, result: 'left' });
    else verdicts.push(refused(entry, reading, DETAIL[reading] ?? reading));
  }
  if (readings.length > 0) {
    const message = await prepareReadings(gateway, readings, context);
    const faults = new Map(message.quarantined.map(({ i, code, detail }) => [i, { code, detail }]));
    for (const [i, { entry }] of readings.entries()) {
      const fault = faults.get(i);
      verdicts.push(fault ? refused(entry, fault.code, fault.detail) : { entry, result: 'stored' });
    }
    // those that are refused are in quarantine already
    if (message.rows.length > 0) messages.push({ ...message, quarantined: [] });
  }
  verdicts.sort((a, b) => (a.entry.id < b.entry.id ? -1 : 1));
  return { messages, verdicts };
}

const DETAIL: Partial<Record<ErrorCode, string>> = {
  'invalid-payload': 'kept by its head only, or no reading: it cannot be replayed',
  'future-time': "its time lay ahead of the day it came: the gateway's clock was wrong",
  'clock-unset': 'its stamp means nothing: the gateway had no clock',
  'invalid-value': 'not a decimal number',
};

const refused = (entry: QuarantineEntry, reason: string, detail: string): Verdict => ({
  entry,
  result: 'refused',
  reason,
  detail,
});

function messageOf(payload: unknown): string | undefined {
  const message = (payload as { message?: unknown } | null)?.message;
  return typeof message === 'string' ? message : undefined;
}

/** The reading of an entry in the words of the native protocol, or why there is none. */
function readingOf(
  { payload, reason, received_at }: QuarantineEntry,
  gateway: GatewayEntry,
  { tag }: JudgeContext,
): Reading | 'left' | ErrorCode {
  if (reason === 'clock-unset') return 'clock-unset';
  const parsed = Reading.safeParse(payload);
  if (!parsed.success) return 'invalid-payload';
  const reading = parsed.data;
  if (timeFault(reading.t, received_at, gateway) === 'future-time') return 'future-time';
  if (gateway.dialect === 'native') return reading;
  // kept under the sender's own names: device and tag; without a device, under the gateway's code
  const target =
    tag(gateway.id, reading.m, reading.p) ?? (reading.m === gateway.code ? tag(gateway.id, '', reading.p) : undefined);
  if (target === 'leave') return 'left';
  if (!target) return reading;
  const x = decimalOf(reading.x, target.powerOfTen);
  return x === undefined ? 'invalid-value' : { ...reading, m: target.meter, p: target.point, x };
}

/** One batch of its own, named by its entries: the provenance of what is stored by it. */
function prepareReadings(
  gateway: GatewayEntry,
  readings: readonly { entry: QuarantineEntry; reading: Reading }[],
  context: JudgeContext,
): Promise<Message> {
  const payload = Buffer.from(JSON.stringify(readings.map(({ entry, reading }) => [String(entry.id), reading])));
  const bytes = createHash('sha256').update(payload).digest().subarray(0, 16);
  // RFC 9562 §5.8: version 8, for ids made in a way of one's own
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  const batch = [0, 8, 12, 16, 20].map((at, k, all) => hex.slice(at, all[k + 1])).join('-');
  return prepare(gateway, payload, {
    ...context,
    decoder: () => ({
      batch,
      seq: 0,
      replay: true,
      readings: readings.map(({ reading }) => reading),
      errors: [],
      quarantined: [],
    }),
  });
}
