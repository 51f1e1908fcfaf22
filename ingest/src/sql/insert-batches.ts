import type { Tx } from '@ganzhi/schemas/db';
import { MS_AS_TIMESTAMP, numberArray } from './array.ts';

export interface BatchInput {
  gatewayId: number;
  batch: string;
  seq: number;
  receivedAt: number;
  replay: boolean;
  readings: number;
  /** Readings of it whose meter or point the registry does not know. */
  unregistered: number;
  digest: Buffer;
}

export interface BatchId {
  id: bigint;
  /** False when the very same message was stored before, as far as it can be now: nothing is left to do. */
  fresh: boolean;
}

interface FoundBatch {
  id: bigint;
  gateway_id: number;
  batch: string;
  unregistered: number;
  digest: string;
}

const INSERT = `
insert into metering.batch (gateway_id, batch, seq, received_at, replay, readings, unregistered, digest)
select gateway_id, batch, seq, ${MS_AS_TIMESTAMP}, replay, readings, unregistered, decode(digest, 'hex')
from unnest($1::int4[], $2::uuid[], $3::int8[], $4::int8[], $5::bool[], $6::int4[], $7::int4[], $8::text[])
  as i(gateway_id, batch, seq, ms, replay, readings, unregistered, digest)
order by gateway_id, batch
on conflict (gateway_id, batch) do nothing
returning id, gateway_id, batch::text`;

const FIND = `
select b.id, b.gateway_id, b.batch::text, b.unregistered, encode(b.digest, 'hex') as digest
from unnest($1::int4[], $2::uuid[]) as i(gateway_id, batch)
join metering.batch b using (gateway_id, batch)`;

const MEND = `
update metering.batch b set unregistered = i.unregistered
from unnest($1::int8[], $2::int4[]) as i(id, unregistered) where b.id = i.id`;

/**
 * Claims the batch ids; a second delivery finds the first one's. A gateway that reuses an id for other contents is not
 * believed: its rows are written under the id that is there (they are idempotent by themselves), so nothing is lost. Nor is one that had readings in quarantine which the registry knows by now.
 */
export async function insertBatches(tx: Tx, batches: readonly BatchInput[]): Promise<BatchId[]> {
  const gatewayIds = numberArray(batches.map((b) => b.gatewayId));
  const inserted = await tx.query<{ id: bigint; gateway_id: number; batch: string }>({
    name: 'insert-batches',
    text: INSERT,
    values: [
      gatewayIds,
      batches.map((b) => b.batch),
      numberArray(batches.map((b) => b.seq)),
      numberArray(batches.map((b) => b.receivedAt)),
      batches.map((b) => b.replay),
      numberArray(batches.map((b) => b.readings)),
      numberArray(batches.map((b) => b.unregistered)),
      batches.map((b) => b.digest.toString('hex')),
    ],
  });
  const ids = new Map(inserted.rows.map((row) => [key(row.gateway_id, row.batch), row.id]));
  if (ids.size === batches.length) return batches.map((b) => ({ id: mustHave(ids, b), fresh: true }));

  const found = await tx.query<FoundBatch>({
    name: 'find-batches',
    text: FIND,
    values: [gatewayIds, batches.map((b) => b.batch)],
  });
  const known = new Map(found.rows.map((row) => [key(row.gateway_id, row.batch), row]));
  const claimed = new Set<string>();
  const mended: { id: bigint; unregistered: number }[] = [];
  const claims = batches.map((b) => {
    const name = key(b.gatewayId, b.batch);
    const row = known.get(name);
    if (!row) throw new Error(`batch ${name} is neither inserted nor there`);
    // the same id twice in one transaction: the first of them is the one that was inserted
    const first = ids.has(name) && !claimed.has(name);
    claimed.add(name);
    const mendedSince = b.unregistered < row.unregistered;
    if (mendedSince) mended.push({ id: row.id, unregistered: b.unregistered });
    return { id: row.id, fresh: first || mendedSince || row.digest !== b.digest.toString('hex') };
  });
  if (mended.length > 0) {
    const values = [numberArray(mended.map(({ id }) => Number(id))), numberArray(mended.map((m) => m.unregistered))];
    await tx.query({ name: 'mend-batches', text: MEND, values });
  }
  return claims;
}

const key = (gatewayId: number, batch: string): string => `${gatewayId}:${batch.toLowerCase()}`;

function mustHave(ids: ReadonlyMap<string, bigint>, { gatewayId, batch }: BatchInput): bigint {
  const id = ids.get(key(gatewayId, batch));
  if (id === undefined) throw new Error(`batch ${batch} was not returned`);
  return id;
}
