import { MINUTE, shanghaiText, TelemetryBatch } from '@ganzhi/schemas';
import { asReplay } from './batch.ts';
import type { Healed, Truth } from './outbox.ts';
import type { HeldRow, LetGo } from './store.ts';

export interface HealContext {
  truth: Truth;
  now: number;
  /** Last time that a server had confirmed, before the boots in question. */
  knownAt: number | undefined;
}

/** Younger than this, a batch is still news. */
const LIVE_FOR_MS = 2 * MINUTE;
/** Across a reboot a time is only as good as its bounds; the server takes such an error for a clock that is off, not wrong. */
const WIDEST_BOUNDS_MS = MINUTE;

/**
 * A batch that was held back, as it may go.
 *
 * - of this boot: its monotonic count is known, so its stamps are exact
 * - of an earlier boot that had no clock: it ran after the last confirmed time and before this boot. Where these bounds
 *   leave no more than a minute its stamps are set to the middle; otherwise nobody can tell, and it is flagged for quarantine
 * - of an earlier boot whose clock looked right: as it is
 *
 * @param rows all that is held back, which tell how long the earlier boot ran at least
 */
export function healed(
  row: HeldRow,
  payload: () => string,
  rows: readonly HeldRow[],
  { truth, now, knownAt }: HealContext,
): { batch: LetGo; fate: keyof Healed } {
  if (row.bootId === truth.bootId) return { batch: shifted(row, payload(), truth.offsetMs, now), fate: 'batches' };
  if (!row.unset) return { batch: released(row, payload()), fate: 'unchecked' };
  const ranMs = Math.max(...rows.filter(({ bootId }) => bootId === row.bootId).map((r) => r.newestAt - r.offsetMs));
  const slackMs = knownAt === undefined ? Number.POSITIVE_INFINITY : truth.offsetMs - ranMs - knownAt;
  if (knownAt !== undefined && slackMs >= 0 && slackMs <= WIDEST_BOUNDS_MS) {
    return { batch: shifted(row, payload(), knownAt + slackMs / 2, now), fate: 'batches' };
  }
  const body = { ...parse(payload()), clock: 'unset' as const, replay: true };
  return { batch: { ...row, lane: 'backlog', ...sized(JSON.stringify(body)) }, fate: 'flagged' };
}

/** As it is; the age of its readings decides over its lane later. */
export const released = (row: HeldRow, payload: string): LetGo => ({ ...row, lane: 'live', payload });

function shifted(row: HeldRow, payload: string, offsetMs: number, now: number): LetGo {
  const byMs = Math.round(offsetMs - row.offsetMs);
  const newestAt = row.newestAt + byMs;
  const lane = newestAt > now - LIVE_FOR_MS ? 'live' : 'backlog';
  const text = byMs === 0 ? payload : JSON.stringify(moved(parse(payload), byMs));
  return {
    ...{ id: row.id, lane, newestAt, oldestAt: row.oldestAt + byMs },
    ...sized(lane === 'live' ? text : asReplay(text)),
  };
}

const moved = (body: TelemetryBatch, byMs: number): TelemetryBatch => ({
  ...body,
  sentAt: shanghaiText(Date.parse(body.sentAt) + byMs),
  readings: body.readings.map((reading) => ({ ...reading, t: reading.t + byMs })),
  errors: body.errors.map((error) => ({ ...error, t: error.t + byMs })),
});

const parse = (payload: string): TelemetryBatch => TelemetryBatch.parse(JSON.parse(payload));
const sized = (payload: string) => ({ payload, bytes: Buffer.byteLength(payload) });
