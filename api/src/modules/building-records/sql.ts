import type { Db, Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { cut, decodeCursor } from '../../lib/page.ts';
import type { Building, BuildingInput, Zone, ZoneInput } from './schema.ts';

type BuildingRow = z.infer<typeof Building>;
type ZoneRow = z.infer<typeof Zone>;

const BUILDING = `select b.id, b.version, b.institution_id as "institutionId", i.code as "institutionCode", b.code,
    b.name_zh as "nameZh", b.name_en as "nameEn", b.area_m2 as "areaM2", b.class, b.built_year as "builtYear",
    b.heated_m2 as "heatedM2", b.cooled_m2 as "cooledM2", coalesce(z.area, 0)::numeric(14,2) as "zonedM2",
    coalesce(z.special, 0)::numeric(14,2) as "specialM2",
    case when b.retired_on is not null then jsonb_build_object('on', b.retired_on, 'reason', b.retired_reason) end as retired
  from energy.building b
  join registry.institution i on i.id = b.institution_id
  left join lateral (
    select sum(z.area_m2) as area, sum(z.area_m2) filter (where z.special) as special from energy.zone z where z.building_id = b.id
  ) z on true`;

export interface BuildingFilter {
  institution?: number | undefined;
  search?: string | undefined;
  retired?: boolean | undefined;
  limit: number;
  cursor?: string | undefined;
}

export async function listBuildings(db: Db, { institution, search, retired, limit, cursor }: BuildingFilter) {
  const after = decodeCursor('id', cursor, { value: 'numeric', id: 'int4' });
  const { rows } = await db.query<BuildingRow>(
    `${BUILDING} where b.id > $1::int4 and ($2::int4 is null or b.institution_id = $2)
       and ($3::text is null or position($3 in lower(b.code || ' ' || b.name_zh || ' ' || b.name_en)) > 0)
       and ($4::boolean is null or (b.retired_on is not null) = $4) order by b.id limit $5`,
    [after?.id ?? 0, institution ?? null, search?.toLowerCase() ?? null, retired ?? null, limit + 1],
  );
  return cut(rows, limit, 'id', ({ id }) => ({ value: null, id: String(id) }));
}

/** `lock` keeps others from changing it, and its zones from being added up meanwhile. */
export async function findBuilding(db: Db | Tx, id: number, lock = false): Promise<BuildingRow | undefined> {
  const { rows } = await db.query<BuildingRow>(`${BUILDING} where b.id = $1 ${lock ? 'for update of b' : ''}`, [id]);
  return rows[0];
}

const valuesOf = (input: z.infer<typeof BuildingInput>): unknown[] => [
  input.code,
  input.nameZh,
  input.nameEn,
  input.areaM2,
  input.class,
  input.builtYear,
  input.heatedM2,
  input.cooledM2,
];

/** @returns undefined when the institution has a building of this code */
export async function insertBuilding(
  tx: Tx,
  institutionId: number,
  input: z.infer<typeof BuildingInput>,
  by: string,
): Promise<number | undefined> {
  const { rows } = await tx.query<{ id: number }>(
    `insert into energy.building (institution_id, code, name_zh, name_en, area_m2, class, built_year, heated_m2, cooled_m2, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (institution_id, code) do nothing returning id`,
    [institutionId, ...valuesOf(input), by],
  );
  return rows[0]?.id;
}

/** @returns false when another building of the institution has this code */
export async function updateBuilding(tx: Tx, id: number, input: z.infer<typeof BuildingInput>): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update energy.building b set code = $2, name_zh = $3, name_en = $4, area_m2 = $5, class = $6, built_year = $7,
       heated_m2 = $8, cooled_m2 = $9
     where b.id = $1 and not exists (
       select from energy.building o where o.institution_id = b.institution_id and o.code = $2 and o.id <> b.id)`,
    [id, ...valuesOf(input)],
  );
  return rowCount === 1;
}

export async function retireBuilding(tx: Tx, id: number, on: string, reason: string): Promise<void> {
  await tx.query('update energy.building set retired_on = $2, retired_reason = $3 where id = $1', [id, on, reason]);
}

/** Codes of the meters in use that stand in it. */
export async function metersIn(tx: Tx, buildingId: number): Promise<string[]> {
  const { rows } = await tx.query<{ code: string }>(
    `select m.code from energy.meter_place p join registry.meter m on m.id = p.meter_id
     where p.building_id = $1 and m.retired_at is null order by m.code`,
    [buildingId],
  );
  return rows.map(({ code }) => code);
}

const ZONE = `z.id, z.version, z.building_id as "buildingId", z.code, z.floor, z.name_zh as "nameZh", z.name_en as "nameEn",
  z.area_m2 as "areaM2", z.special`;

export async function zonesOf(db: Db | Tx, buildingId: number): Promise<ZoneRow[]> {
  const { rows } = await db.query<ZoneRow>(
    `select ${ZONE} from energy.zone z where z.building_id = $1 order by z.floor nulls last, z.code`,
    [buildingId],
  );
  return rows;
}

export async function findZone(tx: Tx, id: number): Promise<ZoneRow | undefined> {
  const { rows } = await tx.query<ZoneRow>(`select ${ZONE} from energy.zone z where z.id = $1 for update`, [id]);
  return rows[0];
}

const zoneValues = ({ code, floor, nameZh, nameEn, areaM2, special }: z.infer<typeof ZoneInput>): unknown[] => [
  code,
  floor,
  nameZh,
  nameEn,
  areaM2,
  special,
];

/** @returns undefined when the building has a zone of this code */
export async function insertZone(
  tx: Tx,
  building: { id: number; institutionId: number },
  input: z.infer<typeof ZoneInput>,
  by: string,
): Promise<number | undefined> {
  const { rows } = await tx.query<{ id: number }>(
    `insert into energy.zone (building_id, institution_id, code, floor, name_zh, name_en, area_m2, special, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (building_id, code) do nothing returning id`,
    [building.id, building.institutionId, ...zoneValues(input), by],
  );
  return rows[0]?.id;
}

/** @returns false when another zone of the building has this code */
export async function updateZone(tx: Tx, id: number, input: z.infer<typeof ZoneInput>): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update energy.zone z set code = $2, floor = $3, name_zh = $4, name_en = $5, area_m2 = $6, special = $7
     where z.id = $1 and not exists (
       select from energy.zone o where o.building_id = z.building_id and o.code = $2 and o.id <> z.id)`,
    [id, ...zoneValues(input)],
  );
  return rowCount === 1;
}

export async function deleteZone(tx: Tx, id: number): Promise<void> {
  await tx.query('delete from energy.zone where id = $1', [id]);
}
