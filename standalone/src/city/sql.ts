import type {
  CityGateway,
  CityInstitution,
  CityMeter,
  CityPopulation,
  CityQuota,
} from '@ganzhi/gateway-firmware-sim/city';
import { templateById } from '@ganzhi/gateway-firmware-sim/firmware';
import { quantityByCode } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';

/** The registry's rows of the simulated city, one statement a table, each as one JSON parameter. All are idempotent. */

export async function insertReference(
  tx: Tx,
  { divisions, types }: Pick<CityPopulation, 'divisions' | 'types'>,
): Promise<void> {
  await tx.query(
    `insert into registry.division (code, parent_code, name_zh, name_en, sort_order)
     select * from json_to_recordset($1) as d("code" text, "parentCode" text, "nameZh" text, "nameEn" text, "sortOrder" int2)
     on conflict do nothing`,
    [JSON.stringify(divisions)],
  );
  await tx.query(
    `insert into registry.institution_type (code, name_zh, name_en)
     select * from json_to_recordset($1) as t("code" text, "nameZh" text, "nameEn" text) on conflict do nothing`,
    [JSON.stringify(types)],
  );
}

export async function insertInstitutions(tx: Tx, institutions: readonly CityInstitution[]): Promise<void> {
  await tx.query(
    `insert into registry.institution (code, name_zh, name_en, type_code, division_code, area_m2, headcount)
     select * from json_to_recordset($1) as i("code" text, "nameZh" text, "nameEn" text, "typeCode" text, "divisionCode" text,
       "areaM2" numeric, "headcount" int4)
     on conflict do nothing`,
    [JSON.stringify(institutions)],
  );
}

/** A token that changed (the data folder was lost) replaces the old one: these gateways are ours. */
export async function insertGateways(
  tx: Tx,
  gateways: readonly (CityGateway & { tokenSha256: string })[],
): Promise<void> {
  await tx.query(
    `insert into registry.gateway (code, institution_id, name_zh, name_en, token_sha256, simulated_time)
     select g.code, i.id, g."nameZh", g."nameEn", decode(g."tokenSha256", 'hex'), g."simulatedTime"
     from json_to_recordset($1) as g("code" text, "institutionCode" text, "nameZh" text, "nameEn" text, "tokenSha256" text,
       "simulatedTime" boolean)
     join registry.institution i on i.code = g."institutionCode"
     on conflict (code) do update set token_sha256 = excluded.token_sha256 where gateway.token_sha256 <> excluded.token_sha256`,
    [JSON.stringify(gateways)],
  );
}

/** What the registry wants to know of a meter; electricity unless said. */
export type RegistryMeter = Omit<CityMeter, 'load'> & { medium?: string };

/** @param meters parents before their children */
export async function insertMeters(tx: Tx, meters: readonly RegistryMeter[]): Promise<void> {
  // Level by level: a child looks its parent up in the table.
  for (const level of levelsOf(meters)) {
    await tx.query(
      `insert into registry.meter (code, institution_id, gateway_id, parent_id, name_zh, name_en, medium, role, item_code,
         template, interval_s)
       select m.code, i.id, g.id, p.id, m."nameZh", m."nameEn", coalesce(m.medium, 'electricity'), m.role, m."itemCode", m.template, m."intervalS"
       from json_to_recordset($1) as m("code" text, "institutionCode" text, "gatewayCode" text, "parentCode" text,
         "nameZh" text, "nameEn" text, "role" text, "itemCode" text, "template" text, "intervalS" int4,
         "medium" text)
       join registry.institution i on i.code = m."institutionCode"
       join registry.gateway g on g.code = m."gatewayCode"
       left join registry.meter p on p.code = m."parentCode"
       on conflict do nothing`,
      [JSON.stringify(level)],
    );
  }
  await tx.query(
    `insert into registry.meter_ratio (meter_id, ct, pt)
     select m.id, r.ct, r.pt from json_to_recordset($1) as r("code" text, "ct" int4, "pt" int4)
     join registry.meter m using (code) on conflict do nothing`,
    [JSON.stringify(meters)],
  );
  await tx.query(
    `insert into registry.point (meter_id, point, decimals, modulus)
     select m.id, p.point, p.decimals, p.modulus
     from json_to_recordset($1) as p("code" text, "point" int2, "decimals" int2, "modulus" int8)
     join registry.meter m using (code) on conflict do nothing`,
    [JSON.stringify(meters.flatMap((meter) => pointsOf(meter.code, meter.template)))],
  );
}

/** Main meters, then those below them, and so on down. */
function levelsOf(meters: readonly RegistryMeter[]): RegistryMeter[][] {
  const depths = new Map<string, number>();
  for (const { code, parentCode } of meters) {
    depths.set(code, parentCode === null ? 0 : (depths.get(parentCode) ?? 0) + 1);
  }
  const levels = Map.groupBy(meters, ({ code }) => depths.get(code) ?? 0);
  return [...levels].sort(([a], [b]) => a - b).map(([, level]) => level);
}

export async function insertQuotas(tx: Tx, quotas: readonly CityQuota[], year: number): Promise<void> {
  await tx.query(
    `insert into energy.quota (institution_id, year, medium, constraint_value, base_value, guide_value, unit,
       source_document, sample)
     select i.id, $2, q.medium, q."constraint", q.base, q.guide, q.unit, q."sourceDocument", q.sample
     from json_to_recordset($1) as q("institutionCode" text, "medium" text, "constraint" numeric, "base" numeric,
       "guide" numeric, "unit" text, "sourceDocument" text, "sample" boolean)
     join registry.institution i on i.code = q."institutionCode"
     on conflict do nothing`,
    [JSON.stringify(quotas), year],
  );
}

/** What a template says of a meter's points: resolution, and the modulus in counts. */
export function pointsOf(code: string, template: string) {
  return templateById(template).points.map(({ quantity, decimals, modulus }) => ({
    code,
    point: quantityByCode(quantity)?.id,
    decimals,
    // A decimal string: json would lose digits beyond 2^53.
    modulus: modulus === undefined ? null : BigInt(Math.round(modulus * 10 ** decimals)).toString(),
  }));
}
