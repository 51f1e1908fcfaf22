import type { RegistryEvent } from '@ganzhi/gateway-firmware-sim/city';
import { openDatabase } from '@ganzhi/schemas/db';

/**
 * Enters what operators of the simulated city have on record, before its first reading: exchanged meters with both
 * registers, and dated ratios. Idempotent.
 *
 * @param url log-in that may act as the owner
 */
export async function enterRecords(url: string, events: readonly RegistryEvent[]): Promise<void> {
  const db = await openDatabase({ url, role: 'ganzhi_owner', max: 1, name: 'ganzhi city' });
  try {
    await db.query(
      `insert into registry.meter_replacement (meter_id, point, at, closing, opening, approved_by)
       select m.id, registry.booked_point(m.medium), to_timestamp(r.at / 1000.0), r."lastRegister", r."firstRegister", 'city'
       from json_to_recordset($1) as r("event" text, "meter" text, "at" float8, "lastRegister" int8, "firstRegister" int8)
       join registry.meter m on m.code = r.meter
       where r.event = 'replacement' on conflict do nothing`,
      [JSON.stringify(events)],
    );
    await db.query(
      `insert into registry.meter_ratio (meter_id, valid_from, ct, pt)
       select m.id, to_timestamp(r.at / 1000.0), r.ct, r.pt
       from json_to_recordset($1) as r("event" text, "meter" text, "at" float8, "ct" int4, "pt" int4)
       join registry.meter m on m.code = r.meter
       where r.event = 'ratio' on conflict do nothing`,
      [JSON.stringify(events)],
    );
  } finally {
    await db.end();
  }
}
