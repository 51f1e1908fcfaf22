import { quantityById } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { TagTarget } from '../dialects/translate.ts';

/** Targets by gateway, then by device and tag. */
export type TagTable = ReadonlyMap<number, ReadonlyMap<string, TagTarget>>;

/** Device and tag in one text; neither can hold a zero byte, which PostgreSQL's text refuses. */
export const tagKey = (device: string, tag: string): string => `${device}\0${tag}`;

/** All tags of gateways of other makers. */
export async function loadTags(db: Db): Promise<TagTable> {
  const { rows } = await db.query<{
    gateway_id: number;
    device: string;
    tag: string;
    meter: string | null;
    point: number | null;
    power_of_ten: number;
  }>(
    `select t.gateway_id, t.device, t.tag, m.code as meter, t.point, t.power_of_ten
     from registry.dialect_tag t left join registry.meter m on m.id = t.meter_id`,
  );
  const table = new Map<number, Map<string, TagTarget>>();
  for (const row of rows) {
    const tags = table.get(row.gateway_id) ?? new Map<string, TagTarget>();
    table.set(row.gateway_id, tags.set(tagKey(row.device, row.tag), targetOf(row)));
  }
  return table;
}

function targetOf(row: { meter: string | null; point: number | null; power_of_ten: number }): TagTarget {
  const quantity = row.point === null ? undefined : quantityById(row.point);
  if (row.meter === null || !quantity) return 'leave';
  return { meter: row.meter, point: quantity.code, powerOfTen: row.power_of_ten };
}
