import type { Tx } from '@ganzhi/schemas/db';

/** A day of a meter, or of a virtual meter, whose figures changed. */
export interface DayMark {
  readonly meterId: number | null;
  readonly virtualId: number | null;
  readonly day: string;
}

/** Bounds a transaction. */
const MARKS_PER_ROUND = 5_000;
/** Marks of one round lie within so many days, so that its meters can be read as one span. */
const DAYS_PER_ROUND = 62;

/** Takes marks off the queue, recent days first; gone when the transaction commits. */
export async function takeDayMarks(tx: Tx): Promise<DayMark[]> {
  const { rows } = await tx.query<DayMark>(
    `delete from energy.dirty_day where id in (
       select id from energy.dirty_day where day > (select max(day) - $2::int4 from energy.dirty_day)
       order by day desc, id limit $1)
     returning meter_id as "meterId", virtual_meter_id as "virtualId", day`,
    [MARKS_PER_ROUND, DAYS_PER_ROUND],
  );
  return rows;
}
