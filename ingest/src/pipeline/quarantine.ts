import { createHash } from 'node:crypto';
import type { ErrorCode } from '@ganzhi/schemas';
import type { Quarantined } from './message.ts';

const MAX_PAYLOAD_CHARS = 2_048;
/** jsonb refuses U+0000 and lone surrogates, which JSON allows as escapes. */
const REFUSED_BY_JSONB = /\\u(0000|d[89ab])/i;

/** A reading that goes to quarantine, as received. */
export const quarantinedReading = (i: number, code: ErrorCode, detail: string, reading: unknown): Quarantined => ({
  i,
  code,
  detail: storableText(detail),
  payload: storableJson(reading),
});

/** A message that could not be parsed: its head is enough to recognise the sender's fault. */
export const quarantinedMessage = (code: ErrorCode, detail: string, message: Buffer): Quarantined => ({
  code,
  detail: storableText(detail),
  payload: storableJson({ head: message.toString('utf8', 0, MAX_PAYLOAD_CHARS) }),
});

/** A message that parses but that the database refuses: kept whole, so that it can be replayed. */
export const poisonMessage = (code: ErrorCode, detail: string, message: Buffer): Quarantined => ({
  code,
  detail: storableText(detail),
  payload: JSON.stringify({ message: storableText(message.toString('utf8')) }),
});

/** Names a quarantine row: retried deliveries of one reading are one row. */
export const quarantineDigest = (gatewayCode: string, { payload }: Quarantined): string =>
  createHash('sha256').update(`${gatewayCode}\n${payload}`).digest('hex');

/** JSON text that jsonb accepts and that is bounded; what does not fit is kept as the head of its own text. */
function storableJson(value: unknown): string {
  const text = jsonOf(value);
  if (text.length <= MAX_PAYLOAD_CHARS && !REFUSED_BY_JSONB.test(text)) return text;
  return JSON.stringify({ head: text.slice(0, MAX_PAYLOAD_CHARS).toWellFormed() });
}

/** Parsing is iterative, writing recurses: a hundred thousand brackets parse and cannot be written. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '{"head":"nested too deeply to be written down"}';
  }
}

const storableText = (text: string): string => text.replaceAll('\0', '\uFFFD').toWellFormed();
