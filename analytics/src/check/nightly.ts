import { DAY, dayStart, HOUR } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { type Conservation, checkConservation, type Difference } from './conservation.ts';

/** Meters proved at once: bounds the temporary tables, and how long a snapshot of the database is held. */
const METERS_AT_ONCE = 500;
const EXAMPLES = 100;
/** Hour of the Shanghai day at which the proof begins. */
const AT = 2 * HOUR;

/** Start of the next nightly proof after `now`. */
export const nextProof = (now: number): number => {
  const today = dayStart(now) + AT;
  return today > now ? today : today + DAY;
};

/**
 * Proves the ledger of every meter from raw readings, some at a time, and keeps the result.
 *
 * @returns what was found; one difference is a reason for alarm
 */
export async function proveEverything(db: Db, clock: () => number): Promise<Conservation> {
  const startedAt = clock();
  const { rows } = await db.query<{ code: string }>('select code from registry.meter order by id');
  const codes = rows.map(({ code }) => code);
  let meters = 0;
  let pendingMarks = 0;
  const differences: Difference[] = [];
  for (let i = 0; i < codes.length; i += METERS_AT_ONCE) {
    const part = await checkConservation(db, { meterCodes: codes.slice(i, i + METERS_AT_ONCE) });
    meters += part.meters;
    pendingMarks += part.pendingMarks;
    differences.push(...part.differences);
  }
  const examples = JSON.stringify(differences.slice(0, EXAMPLES), (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  await db.query(
    `insert into ledger.conservation_run (started_at, finished_at, meters, pending_marks, differences, examples)
     values ($1, $2, $3, $4, $5, $6)`,
    [new Date(startedAt), new Date(clock()), meters, pendingMarks, differences.length, examples],
  );
  return { meters, pendingMarks, differences };
}
