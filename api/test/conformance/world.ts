import { HOUR, hourStart } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { bookHours, POWER, storeReadings } from '../harness.ts';

/** Two districts that must not see one another, each with an institution and something of everything. */
export interface Place {
  division: string;
  institutionCode: string;
  institutionId: number;
  gatewayCode: string;
  gatewayId: number;
  meterCode: string;
  meterId: number;
}

export interface World {
  now: number;
  ours: Place;
  theirs: Place;
}

export const NOW = Date.parse('2026-11-23T10:00:00+08:00');

export async function fillWorld(owner: Db): Promise<World> {
  const ours = await fillPlace(owner, 'OURS', '320412');
  const theirs = await fillPlace(owner, 'THEIRS', '320402');
  return { now: NOW, ours, theirs };
}

async function fillPlace(owner: Db, word: string, division: string): Promise<Place> {
  const [institutionCode, gatewayCode, meterCode] = [`CZ-${word}`, `GW-${word}`, `M-${word}`];
  const { institutionId, meters } = await fixtureRegistry(owner, {
    institution: institutionCode,
    division,
    gateways: [gatewayCode],
    meters: [{ code: meterCode }],
  });
  const meterId = meters.get(meterCode) ?? 0;
  const { rows } = await owner.query<{ id: number }>('select id from registry.gateway where code = $1', [gatewayCode]);
  const gatewayId = rows[0]?.id ?? 0;
  const place = { division, institutionCode, institutionId, gatewayCode, gatewayId, meterCode, meterId };
  await bookHours(
    owner,
    meterId,
    [1, 2, 25, 26].map((n) => ({ at: hourStart(NOW) - n * HOUR, counts: 500 })),
  );
  await storeReadings(owner, meterId, [{ at: NOW - 60_000, value: 1_000 }]);
  await storeReadings(owner, meterId, [{ at: NOW - 60_000, value: 4_000, point: POWER }]);
  await owner.query(
    `insert into metering.gateway_state (gateway_id, online, changed_at, last_seen_at, outbox_readings)
     values ($1, true, $2, $2, 3)`,
    [gatewayId, new Date(NOW - HOUR)],
  );
  await owner.query(
    `insert into energy.quota (institution_id, year, constraint_value, base_value, guide_value, source_document, sample)
     values ($1, 2026, 1000, 900, 800, 'test', true)`,
    [institutionId],
  );
  await quarantined(owner, place, 1);
  return place;
}

/** Makes everything that is told of a place different, so that whoever sees any of it sees a difference. */
export async function changePlace(owner: Db, place: Place, round: number): Promise<void> {
  const { institutionId, gatewayId, meterId } = place;
  await owner.query('update registry.institution set name_zh = $2, name_en = $2, area_m2 = area_m2 + 1 where id = $1', [
    institutionId,
    `changed ${round}`,
  ]);
  await owner.query('update registry.gateway set name_zh = $2 where id = $1', [gatewayId, `changed ${round}`]);
  await owner.query(
    'update metering.gateway_state set outbox_readings = outbox_readings + 7, online = not online where gateway_id = $1',
    [gatewayId],
  );
  await owner.query('update registry.meter set name_zh = $2 where id = $1', [meterId, `changed ${round}`]);
  await owner.query('update ledger.hour set counts = counts + 11 where meter_id = $1', [meterId]);
  await owner.query('update ledger.day set booked = booked + 22 where meter_id = $1', [meterId]);
  await owner.query(
    'update metering.latest set value = value + 13, ts = ts + make_interval(secs => 10) where meter_id = $1',
    [meterId],
  );
  await owner.query('update metering.reading set value = value + 13 where meter_id = $1', [meterId]);
  await owner.query('update energy.quota set constraint_value = constraint_value + 1 where institution_id = $1', [
    institutionId,
  ]);
  await quarantined(owner, place, round + 1);
}

const quarantined = (owner: Db, place: Place, n: number) =>
  owner.query(
    `insert into metering.quarantine (received_at, gateway_code, reason, detail, payload, digest)
     values ($1, $2, 'unknown-meter', 'M-9', '{"m":"M-9"}', sha256($3))`,
    [new Date(NOW), place.gatewayCode, Buffer.from(`${place.gatewayCode} ${n}`)],
  );

/** Path parameters that the walk can fill in by itself, by the folder of the address they stand behind. */
export function knownParams(url: string, place: Place): Record<string, string | number> {
  if (/^\/institutions\/:(id|institutionId)\b/.test(url))
    return { id: place.institutionId, institutionId: place.institutionId };
  if (/^\/meters\/:id\b/.test(url)) return { id: place.meterId };
  if (/^\/gateways\/:code\b/.test(url)) return { code: place.gatewayCode };
  return {};
}
