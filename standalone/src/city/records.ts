import type { RegistryEvent } from '@ganzhi/gateway-firmware-sim/city';
import { openDatabase, type Tx, withTx } from '@ganzhi/schemas/db';

type RatioEvent = Extract<RegistryEvent, { event: 'ratio' }>;

/**
 * Enters into the registry what an operator of the simulated city would have entered about announced faults. Idempotent.
 *
 * @param url log-in that may act as the owner
 */
export async function enterRecords(url: string, events: readonly RegistryEvent[]): Promise<void> {
  const db = await openDatabase({ url, role: 'ganzhi_owner', max: 1, name: 'ganzhi city' });
  try {
    await withTx(db, (tx) =>
      insertRatios(
        tx,
        events.filter((event) => event.event === 'ratio'),
      ),
    );
  } finally {
    await db.end();
  }
}

async function insertRatios(tx: Tx, events: readonly RatioEvent[]): Promise<void> {
  await tx.query(
    `insert into registry.meter_ratio (meter_id, valid_from, ct, pt)
     select m.id, to_timestamp(r.at / 1000.0), r.ct, r.pt
     from json_to_recordset($1) as r("meter" text, "at" int8, "ct" int4, "pt" int4)
     join registry.meter m on m.code = r.meter on conflict do nothing`,
    [JSON.stringify(events)],
  );
}
