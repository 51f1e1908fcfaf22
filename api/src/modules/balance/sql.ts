import type { Db } from '@ganzhi/schemas/db';
import type { Days } from '../../lib/day.ts';

export interface TreeMeter {
  id: number;
  code: string;
  nameZh: string;
  nameEn: string;
  medium: 'electricity' | 'water' | 'gas' | 'heat';
  role: 'main' | 'sub';
  parentId: number | null;
  itemCode: string | null;
  buildingId: number | null;
  buildingZh: string | null;
  buildingEn: string | null;
}

/** Meters of an institution that are booked, with their place. */
export async function treeMeters(db: Db, institutionId: number): Promise<TreeMeter[]> {
  const { rows } = await db.query<TreeMeter>(
    `select m.id, m.code, m.name_zh as "nameZh", m.name_en as "nameEn", m.medium, m.role, m.parent_id as "parentId",
       m.item_code as "itemCode", b.id as "buildingId", b.name_zh as "buildingZh", b.name_en as "buildingEn"
     from registry.meter m
     left join energy.meter_place p on p.meter_id = m.id
     left join energy.building b on b.id = p.building_id
     where m.institution_id = $1 and m.medium <> 'environment'
     order by b.code nulls first, m.medium, m.item_code nulls first, m.code`,
    [institutionId],
  );
  return rows;
}

/** Energy by day; a day without a row is not known, and neither is one with disputed energy. */
export async function meterDays(db: Db, meterIds: readonly number[], days: Days, knownOn?: number) {
  const { rows } = await db.query<{ meterId: number; day: string; energy: string; disputed: boolean }>(
    `select meter_id as "meterId", day, certain + shaped as energy, disputed <> 0 as disputed
     from ${knownOn === undefined ? 'energy.meter_days($1::int4[], $2, $3)' : 'energy.meter_days_as_known($1::int4[], $2, $3, $4)'}`,
    [meterIds, days.from, days.to, ...(knownOn === undefined ? [] : [new Date(knownOn)])],
  );
  return new Map(rows.map((row) => [`${row.meterId}/${row.day}`, row]));
}
