import type { Tx } from '@ganzhi/schemas/db';
import { add, decimal, type Rational } from '../rules/energy/rational.ts';

/** What the ledger knows of a meter's day. */
export interface MeterDay {
  /** Booked, undistributed, and the day's even part of energy that is certain for a longer span only. */
  readonly energy: Rational;
  /** Energy waits for a decision: the day is not wholly known. */
  readonly disputed: boolean;
}

export const meterDayKey = (meterId: number, day: string): string => `${meterId}/${day}`;

/** Days of some meters, from the first to the last of `days`; a day without a row is not known. */
export async function meterDays(
  tx: Tx,
  meterIds: readonly number[],
  days: readonly string[],
): Promise<Map<string, MeterDay>> {
  if (meterIds.length === 0 || days.length === 0) return new Map();
  const ordered = days.toSorted();
  const { rows } = await tx.query<{
    meterId: number;
    day: string;
    certain: string;
    shaped: string;
    disputed: boolean;
  }>(
    `select meter_id as "meterId", day, certain, shaped, disputed <> 0 as disputed
     from energy.meter_days($1::int4[], $2::date, $3::date + 1)`,
    [meterIds, ordered[0], ordered.at(-1)],
  );
  return new Map(
    rows.map((row) => [
      meterDayKey(row.meterId, row.day),
      { energy: add(decimal(row.certain), decimal(row.shaped)), disputed: row.disputed },
    ]),
  );
}
