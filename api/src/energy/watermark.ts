import type { Db } from '@ganzhi/schemas/db';
import { instantOrNull } from '../lib/time.ts';

/** Up to when each meter's registers are in the ledger, epoch milliseconds; null: it has never told one. */
export async function watermarks(db: Db, meterIds: readonly number[]): Promise<Map<number, number | null>> {
  if (meterIds.length === 0) return new Map();
  const { rows } = await db.query<{ meter_id: number; up_to: number | null }>(
    'select meter_id, up_to from ledger.current_to($1::int4[])',
    [[...new Set(meterIds)]],
  );
  return new Map(rows.map((row) => [row.meter_id, row.up_to]));
}

/** The watermark of a sum is that of its last meter; null: of none, or one has never told a register. */
export function lowest(marks: ReadonlyMap<number, number | null>, meterIds: readonly number[]): string | null {
  const known = meterIds.map((id) => marks.get(id) ?? null);
  if (known.length === 0 || known.includes(null)) return null;
  return instantOrNull(Math.min(...known.flatMap((mark) => mark ?? [])));
}
