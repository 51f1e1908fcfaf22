import type { Db } from '@ganzhi/schemas/db';
import { asKnown, meterDaysOf } from '../../energy/known.ts';
import type { Placement } from '../../energy/placements.ts';
import type { Days } from '../../lib/day.ts';

export interface TreeMeter {
  id: number;
  code: string;
  nameZh: string;
  nameEn: string;
  medium: 'electricity' | 'water' | 'gas' | 'heat';
  itemCode: string | null;
  buildingId: number | null;
  buildingZh: string | null;
  buildingEn: string | null;
}

/**
 * Meters of an institution that are booked, with their place, and where each stood on which of the days. A meter that another
 * holds by now is named by its code.
 */
export async function treeMeters(db: Db, institutionId: number, days: Days, knownOn?: number) {
  const { rows } = await db.query<TreeMeter & Placement>(
    `select h.meter_id as id, h.code, coalesce(m.name_zh, h.code) as "nameZh", coalesce(m.name_en, h.code) as "nameEn", h.medium,
       m.item_code as "itemCode", b.id as "buildingId", b.name_zh as "buildingZh", b.name_en as "buildingEn",
       h.role, h.parent_id as "parentId", h.sign, h.from_day as "fromDay", h.to_day as "toDay"
     from registry.held_meters(array[$1::int4], $4, null) h
     left join registry.meter m on m.id = h.meter_id
     left join energy.meter_place p on p.meter_id = h.meter_id
     left join energy.building b on b.id = p.building_id and b.institution_id = $1
     where h.medium <> 'environment' and h.from_day < $3::date and h.to_day > $2::date
     order by b.code nulls first, h.medium, m.item_code nulls first, h.code, h.from_day`,
    [institutionId, days.from, days.to, asKnown(knownOn)],
  );
  return {
    meters: [...new Map(rows.map((row) => [row.id, row])).values()] as readonly TreeMeter[],
    placements: Map.groupBy(rows as readonly (Placement & { id: number })[], ({ id }) => id),
  };
}

/** Energy by day; a day without a row is not known, and neither is one with disputed energy. */
export async function meterDays(db: Db, meterIds: readonly number[], days: Days, knownOn?: number) {
  const { rows } = await db.query<{ meterId: number; day: string; energy: string; disputed: boolean }>(
    `select meter_id as "meterId", day, certain + shaped as energy, disputed <> 0 as disputed
     from ${meterDaysOf('$1::int4[]', '$2', '$3', knownOn === undefined ? undefined : '$4')}`,
    [meterIds, days.from, days.to, ...(knownOn === undefined ? [] : [new Date(knownOn)])],
  );
  return new Map(rows.map((row) => [`${row.meterId}/${row.day}`, row]));
}
