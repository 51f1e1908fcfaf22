import type { DetectMeter } from '../rules/detect/blocks.ts';
import type { Client } from './options.ts';

/** A meter as every detector needs it. */
export interface ListedMeter extends DetectMeter {
  /** Booked counter of its medium. */
  readonly point: number;
  /** Unit of one count. */
  readonly unitValue: number;
}

type Row = Omit<ListedMeter, 'step'> & { ratio: number };

/** Every meter in use with a counter that is booked: the registry is small enough to be read whole. */
export async function loadMeters(client: Client): Promise<ListedMeter[]> {
  const { rows } = await client.query<Row>(
    `select m.id, m.code, m.institution_id as "institutionId", m.gateway_id as "gatewayId", i.division_code as "divisionCode",
       i.type_code as "typeCode", m.medium, m.role, m.parent_id as "parentId", m.item_code as item,
       m.interval_s as "intervalS", q.unit, p.point, p.unit_value::float8 as "unitValue",
       coalesce((select r.ct::float8 * r.pt from registry.meter_ratio r where r.meter_id = m.id
         order by r.valid_from desc limit 1), 1) as ratio
     from registry.meter m
     join registry.institution i on i.id = m.institution_id
     join registry.point p on p.meter_id = m.id and p.point = registry.booked_point(m.medium)
     join registry.quantity q on q.id = p.point
     where m.retired_at is null
     order by m.institution_id, m.id`,
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  const itemOf = (row: Row): string | null => {
    const seen = new Set<number>();
    for (let at: Row | undefined = row; at && !seen.has(at.id); at = byId.get(at.parentId ?? 0)) {
      if (at.item !== null) return at.item;
      seen.add(at.id);
    }
    return null;
  };
  return rows.map((row) => {
    const { ratio, ...meter } = row;
    return { ...meter, item: itemOf(row), step: meter.unitValue * ratio };
  });
}

/** Slices of a list, each small enough to hold what belongs to it in memory. */
export const chunksOf = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
