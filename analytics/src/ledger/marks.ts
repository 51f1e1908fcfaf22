import { HOUR } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';

/** One register of one meter. */
export interface RegisterId {
  readonly meterId: number;
  readonly point: number;
}

/** Readings of a register that are new or revised lie in [fromTs, toTs], both included. */
export interface Mark extends RegisterId {
  readonly fromTs: number;
  readonly toTs: number;
  /** Why: readings, ratio, replacement, edit, rule. */
  readonly cause: string;
}

export const registerKey = ({ meterId, point }: RegisterId): string => `${meterId}/${point}`;

/** Most marks of one round: it bounds the transaction, and with it how long live hours wait during a backfill. */
export const MARKS_PER_ROUND = 5_000;

/** Which meters a round works for; default: all. */
export interface MeterChoice {
  readonly onlyMeters?: readonly number[];
  readonly exceptMeters?: readonly number[];
  /** The meters of one lane only, 0 to LANES - 1: lanes work beside each other, for no two of them share a meter. */
  readonly lane?: number;
}

/** Rounds beside each other: while one waits for the database, another computes. */
export const LANES = 2;

/** One round at a time for a meter in the whole database, else an older view of an hour could overwrite a newer one. */
export async function lockLanes(tx: Tx, lane?: number): Promise<void> {
  const lanes = lane === undefined ? Array.from({ length: LANES }, (_, i) => i) : [lane];
  for (const one of lanes) await tx.query('select pg_advisory_xact_lock(72190419, $1)', [one]);
}

/**
 * Takes marks off the queue, those of recent time first: yesterday's backlog never delays today's hours.
 * They are gone when the transaction commits; marks that commit meanwhile stay for the next round.
 */
export async function takeMarks(tx: Tx, limit: number, choice: MeterChoice = {}): Promise<Mark[]> {
  const { rows } = await tx.query<Mark>(
    `delete from metering.dirty_span where id in (
       select id from metering.dirty_span
       where ($2::int4[] is null or meter_id = any($2)) and not meter_id = any($3::int4[])
         and ($4::int4 is null or meter_id % $5 = $4)
       order by to_ts desc, id limit $1)
     returning meter_id as "meterId", point, from_ts as "fromTs", to_ts as "toTs", cause`,
    [limit, choice.onlyMeters ?? null, choice.exceptMeters ?? [], choice.lane ?? null, LANES],
  );
  return rows;
}

/** Marks this close to each other are recomputed together: what they reach would overlap. */
const TOGETHER_MS = 12 * HOUR;

/** Joins marks of one register that overlap or lie close to each other. A wider mark is always right, only more work. */
export function joinMarks(marks: readonly Mark[]): Mark[] {
  const byRegister = Map.groupBy(marks, registerKey);
  return Array.from(byRegister.values()).flatMap((list) => {
    const joined: Mark[] = [];
    for (const mark of list.toSorted((a, b) => a.fromTs - b.fromTs)) {
      const last = joined.at(-1);
      if (last && mark.fromTs <= last.toTs + TOGETHER_MS) {
        joined[joined.length - 1] = {
          ...last,
          toTs: Math.max(last.toTs, mark.toTs),
          cause: joinCauses([last.cause, mark.cause]),
        };
      } else joined.push(mark);
    }
    return joined;
  });
}

/** Several causes as one text, each once. */
export const joinCauses = (causes: readonly string[]): string =>
  [...new Set(causes.flatMap((cause) => cause.split('+')))].sort().join('+');
