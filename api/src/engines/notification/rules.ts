import { createHmac } from 'node:crypto';
import { DAY, dayStart, MINUTE } from '@ganzhi/schemas';

/** Hours in which a person is left alone, minutes of the Shanghai day; may reach over midnight (22:00 to 7:00). */
export interface QuietHours {
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** The first moment from `now` on at which a message may be sent. Urgent ones do not wait. */
export function sendAt(now: number, quiet: QuietHours | null, urgent: boolean): number {
  if (!quiet || urgent || quiet.fromMinute === quiet.toMinute) return now;
  const day = dayStart(now);
  const minute = (now - day) / MINUTE;
  const { fromMinute: from, toMinute: to } = quiet;
  const overMidnight = from > to;
  const inside = overMidnight ? minute >= from || minute < to : minute >= from && minute < to;
  if (!inside) return now;
  return day + to * MINUTE + (overMidnight && minute >= from ? DAY : 0);
}

const PAUSES_MIN = [1, 5, 30, 120, 720];

/** When to try again after `attempts` failures; undefined: it is given up (after five, in sum 14.6 hours). */
export function retryAt(now: number, attempts: number): number | undefined {
  const pause = PAUSES_MIN[attempts - 1];
  return pause === undefined ? undefined : now + pause * MINUTE;
}

/**
 * Signature of a webhook: HMAC-SHA256 (hex) over `<epoch seconds>.<body>`. The receiver computes the same and refuses what is
 * older than five minutes, so that a recorded message cannot be sent again.
 */
export const signatureOf = (secret: string, epochS: number, body: string): string =>
  createHmac('sha256', secret).update(`${epochS}.${body}`).digest('hex');
