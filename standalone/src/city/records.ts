import type { RegistryEvent } from '@ganzhi/gateway-firmware-sim/city';
import { BOOKED_COUNTER } from '@ganzhi/schemas';
import { openDatabase, type Tx, withTx } from '@ganzhi/schemas/db';

type RatioEvent = Extract<RegistryEvent, { event: 'ratio' }>;
type ReplacementEvent = Extract<RegistryEvent, { event: 'replacement' }>;

const ENTERED_BY = 'simulated city';

/**
 * Enters into the registry what an operator of the simulated city would have entered about announced faults. Idempotent.
 *
 * @param url log-in that may act as the owner
 */
export async function enterRecords(url: string, events: readonly RegistryEvent[]): Promise<void> {
  const db = await openDatabase({ url, role: 'ganzhi_owner', max: 1, name: 'ganzhi city' });
  try {
    await withTx(db, async (tx) => {
      await insertRatios(
        tx,
        events.filter((event) => event.event === 'ratio'),
      );
      await insertReplacements(
        tx,
        events.filter((event) => event.event === 'replacement'),
      );
    });
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

/** At the counter that is booked for the meter's medium: the registers are of that one. */
async function insertReplacements(tx: Tx, events: readonly ReplacementEvent[]): Promise<void> {
  await tx.query(
    `insert into registry.meter_replacement (meter_id, point, at, closing, opening, approved_by)
     select m.id, b.point, to_timestamp(r.at / 1000.0), r."lastRegister", r."firstRegister", $3
     from json_to_recordset($1) as r("meter" text, "at" int8, "lastRegister" int8, "firstRegister" int8)
     join registry.meter m on m.code = r.meter
     join json_to_recordset($2) as b("medium" text, "point" int2) on b.medium = m.medium on conflict do nothing`,
    [JSON.stringify(events), JSON.stringify(BOOKED_POINTS), ENTERED_BY],
  );
}

const BOOKED_POINTS = Object.entries(BOOKED_COUNTER).map(([medium, { id }]) => ({ medium, point: id }));
