import type { Db } from '@ganzhi/schemas/db';
import { asKnown } from '../../energy/known.ts';
import type { Interval } from '../consumption/buckets.ts';
import type { BookedMedium } from '../consumption/schema.ts';
import type { CountedMeter } from '../consumption/sql.ts';

export interface BuildingRow {
  id: number;
  institutionId: number;
  code: string;
  nameZh: string;
  nameEn: string;
  areaM2: string | null;
}

const COLUMNS = `id, institution_id as "institutionId", code, name_zh as "nameZh", name_en as "nameEn", area_m2 as "areaM2"`;

export async function buildingsOf(db: Db, institutionId: number): Promise<BuildingRow[]> {
  const { rows } = await db.query<BuildingRow>(
    `select ${COLUMNS} from energy.building where institution_id = $1 order by code`,
    [institutionId],
  );
  return rows;
}

export async function oneBuilding(db: Db, id: number): Promise<BuildingRow | undefined> {
  const { rows } = await db.query<BuildingRow>(`select ${COLUMNS} from energy.building where id = $1`, [id]);
  return rows[0];
}

/** The meters that add up to a building: those placed in it whose parent is not, in the time in which its institution held them. */
export async function buildingMeters(
  db: Db,
  building: Pick<BuildingRow, 'id' | 'institutionId'>,
  medium: BookedMedium,
  { start, end }: Interval,
  knownOn?: number,
): Promise<CountedMeter[]> {
  const { rows } = await db.query<CountedMeter>(
    `with placed as materialized (select meter_id from energy.meter_place where building_id = $1)
     select h.meter_id as id, h.code, h.interval_s as "intervalS", greatest(d.from_ts, $4) as "from", least(d.to_ts, $5) as "to", h.sign
     from registry.held_meters(array[$2::int4], $6, null) h
     join placed p on p.meter_id = h.meter_id
     cross join lateral (select h.from_day::timestamp at time zone 'Asia/Shanghai' as from_ts,
       h.to_day::timestamp at time zone 'Asia/Shanghai' as to_ts) d
     where h.medium = $3 and d.from_ts < $5 and d.to_ts > $4
       and not exists (select from placed q join registry.booked_counter c on c.meter_id = q.meter_id and c.medium = h.medium
         where q.meter_id = h.parent_id)
     order by h.code, d.from_ts`,
    [building.id, building.institutionId, medium, new Date(start), new Date(end), asKnown(knownOn)],
  );
  return rows;
}
