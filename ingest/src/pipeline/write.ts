import { type Db, type Tx, withTx } from '@ganzhi/schemas/db';
import { type BatchId, insertBatches } from '../sql/insert-batches.ts';
import { insertQuarantine } from '../sql/insert-quarantine.ts';
import { insertReadings, type ReadingInput } from '../sql/insert-readings.ts';
import { clearFailures, upsertFailures } from '../sql/read-failures.ts';
import { upsertLatest } from '../sql/upsert-latest.ts';
import type { Message } from './message.ts';
import { newestPerMeter, newestPerPoint, openFailures } from './newest.ts';

export interface Written {
  /** Per message, in the order given: false when the very same message had been stored before. */
  fresh: readonly boolean[];
  stored: number;
  revised: number;
  /** Readings that were there already, value and all (those of messages stored before not counted). */
  repeated: number;
}

/**
 * Stores messages in ONE transaction: batches, readings, revisions, dirty marks, latest values, failures, quarantine. All
 * or nothing, so whoever is told "stored" after it may forget the message. The months of the rows must exist.
 */
export function writeMessages(db: Db, messages: readonly Message[]): Promise<Written> {
  return withTx(db, async (tx) => {
    const claims = await claimBatches(tx, messages);
    const rows: ReadingInput[] = [];
    for (const [k, message] of messages.entries()) {
      const claim = claims[k];
      if (!claim?.fresh) continue;
      for (const row of message.rows) rows.push({ batchId: claim.id, ...row });
    }
    const { stored, revised } = await insertReadings(tx, rows);
    const newest = newestPerMeter(rows);
    await upsertLatest(tx, newestPerPoint(rows));
    const failures = messages.flatMap((message, k) => (claims[k]?.fresh ? message.failures : []));
    await upsertFailures(tx, openFailures(failures, newest));
    await clearFailures(tx, newest);
    await insertQuarantine(
      tx,
      messages.flatMap((m) => m.quarantined.map((entry) => ({ gatewayCode: m.gateway.code, entry }))),
    );
    return {
      fresh: claims.map((claim) => claim?.fresh ?? true),
      stored,
      revised,
      repeated: rows.length - stored - revised,
    };
  });
}

/** Batch ids of the messages that have one; a message that could not be parsed has none. */
async function claimBatches(tx: Tx, messages: readonly Message[]): Promise<(BatchId | undefined)[]> {
  const inputs = messages.flatMap(({ head, gateway, receivedAt, digest }) =>
    head ? [{ ...head, gatewayId: gateway.id, receivedAt, digest }] : [],
  );
  if (inputs.length === 0) return messages.map(() => undefined);
  const ids = (await insertBatches(tx, inputs)).values();
  return messages.map(({ head }) => (head ? ids.next().value : undefined));
}
