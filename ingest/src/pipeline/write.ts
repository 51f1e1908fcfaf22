import type { ErrorCode } from '@ganzhi/schemas';
import { type Db, type Tx, withTx } from '@ganzhi/schemas/db';
import { type BatchId, insertBatches } from '../sql/insert-batches.ts';
import { insertFailureHours } from '../sql/insert-failure-hours.ts';
import { insertMarks, marksOf } from '../sql/insert-marks.ts';
import { insertQuarantine } from '../sql/insert-quarantine.ts';
import { insertReadings } from '../sql/insert-readings.ts';
import { clearFailures, upsertFailures } from '../sql/read-failures.ts';
import type { LatestValues } from './latest.ts';
import type { Message, Row } from './message.ts';
import { newestPerMeter, openFailures } from './newest.ts';

export interface Written {
  /** Per message, in the order given: false when the very same message had been stored before. */
  fresh: readonly boolean[];
  stored: number;
  revised: number;
  /** Readings that were there already, value and all (those of messages stored before not counted). */
  repeated: number;
}

/**
 * Stores messages in ONE transaction: batches, readings, revisions, dirty marks, failures, quarantine. All or nothing, so
 * whoever is told "stored" after it may forget the message. Latest values follow after the commit. The months of the rows
 * must exist.
 */
export async function writeMessages(db: Db, latest: LatestValues, messages: readonly Message[]): Promise<Written> {
  const { fresh, rows, stored, revised } = await withTx(db, (tx) => writeIn(tx, latest, messages));
  latest.committed(rows);
  return { fresh, stored, revised, repeated: rows.length - stored - revised };
}

/** The same inside a transaction of the caller's, who tells `latest` of the rows once it is committed. */
export async function writeIn(tx: Tx, latest: LatestValues, messages: readonly Message[]) {
  const claims = await claimBatches(tx, messages);
  const fresh = messages.filter((_, k) => claims[k]?.fresh);
  const rows: Row[] = [];
  const batchIds: bigint[] = [];
  for (const [k, message] of messages.entries()) {
    const claim = claims[k];
    if (!claim?.fresh) continue;
    for (const row of message.rows) {
      rows.push(row);
      batchIds.push(claim.id);
    }
  }
  const { stored, revised, marked } = await insertReadings(tx, rows, batchIds);
  if (!marked) {
    await insertMarks(
      tx,
      fresh.flatMap((message) => [...marksOf(message.rows)]),
    );
  }
  const newest = newestPerMeter(rows);
  const failures = fresh.flatMap((message) =>
    message.failures.filter(({ meterId, ts }) => latest.newestOf(meterId) <= ts),
  );
  await upsertFailures(tx, openFailures(failures, newest));
  await clearFailures(tx, newest);
  await insertFailureHours(
    tx,
    fresh.flatMap((message) => message.failures),
  );
  await insertQuarantine(
    tx,
    messages.flatMap((m) => m.quarantined.map((entry) => ({ gatewayCode: m.gateway.code, entry }))),
  );
  return { fresh: claims.map((claim) => claim?.fresh ?? true), rows, stored, revised };
}

/** Batch ids of the messages that have one; a message that could not be parsed has none. */
async function claimBatches(tx: Tx, messages: readonly Message[]): Promise<(BatchId | undefined)[]> {
  const inputs = messages.flatMap(({ head, gateway, receivedAt, digest, quarantined }) =>
    head ? [{ ...head, gatewayId: gateway.id, receivedAt, digest, unregistered: unregistered(quarantined) }] : [],
  );
  if (inputs.length === 0) return messages.map(() => undefined);
  const ids = (await insertBatches(tx, inputs)).values();
  return messages.map(({ head }) => (head ? ids.next().value : undefined));
}

const REGISTRY_CODES: ReadonlySet<ErrorCode> = new Set(['unknown-meter', 'foreign-meter', 'unknown-point']);

/** What a mended registry would let in. Whatever time or value was refused stays refused, however late it is sent again. */
const unregistered = (entries: Message['quarantined']): number =>
  entries.filter(({ code }) => REGISTRY_CODES.has(code)).length;
