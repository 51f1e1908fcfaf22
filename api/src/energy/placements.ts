import type { Db, Tx } from '@ganzhi/schemas/db';

/** Role, parent and direction of a meter, and the days for which they hold. */
export interface Placement {
  /** `-infinity`: from the beginning; text of days orders as the days do. */
  fromDay: string;
  /** Excluded; `infinity`: until further notice. */
  toDay: string;
  role: 'main' | 'sub';
  parentId: number | null;
  direction: 'in' | 'out';
}

/**
 * Placements of those meters among some that have records (`registry.meter_fact`), in order; others are for all times what
 * the registry says.
 *
 * @param knownOn epoch milliseconds; undefined: as known now
 */
export async function readPlacements(
  db: Db | Tx,
  meterIds: readonly number[],
  knownOn?: number,
): Promise<Map<number, Placement[]>> {
  const { rows } = await db.query<Placement & { meterId: number }>(
    `select p.meter_id as "meterId", p.from_day as "fromDay", p.to_day as "toDay", p.role, p.parent_id as "parentId", p.direction
     from registry.meter_periods($2) p where p.meter_id = any($1::int4[]) order by p.meter_id, p.from_day`,
    [meterIds, knownOn === undefined ? 'infinity' : new Date(knownOn)],
  );
  return Map.groupBy(rows, ({ meterId }) => meterId);
}

interface Undated {
  id: number;
  role: 'main' | 'sub';
  parentId: number | null;
}

/** The placement in force on a day. Text comparison holds for both infinities too ("-" < digits < "i"). */
export function placementOn(
  meter: Undated,
  placements: ReadonlyMap<number, readonly Placement[]>,
  day: string,
): Placement {
  const found = placements.get(meter.id)?.find(({ fromDay, toDay }) => fromDay <= day && day < toDay);
  const { role, parentId } = meter;
  return found ?? { fromDay: '-infinity', toDay: 'infinity', role, parentId, direction: 'in' };
}
