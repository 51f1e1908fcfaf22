/**
 * How far changed readings reach: which steps and hours may come out differently, and whether enough of the register was
 * read to compute them as a computation of the whole would.
 *
 * The classifier decides from a bounded neighbourhood, counted in runs of equal registers (a plateau counts once, however
 * long): outliers look 4 readings around a fall, a frozen display the plateau and 8 steps on either side, steps the same 8
 * and falls 4 steps away. `REACH_RUNS` is more than all of them in a row.
 */
import { HOUR, hourStart } from '@ganzhi/schemas';
import { LONGEST_FREEZE_MS } from './frozen.ts';
import type { Ledger } from './ledger.ts';

export const REACH_RUNS = 24;

/** What was read: the changed times, both included, and whether the register begins or ends with it. */
export interface Context {
  readonly fromTs: number;
  readonly toTs: number;
  readonly isStart: boolean;
  readonly isEnd: boolean;
}

export interface Reach {
  /** Steps, spans and decisions that start in [stepFrom, stepTo) are to be written anew; infinite at an end. */
  readonly stepFrom: number;
  readonly stepTo: number;
  /** Hours in [hourFrom, hourTo) likewise; each of them is whole. */
  readonly hourFrom: number;
  readonly hourTo: number;
}

/** @returns undefined when more must be read before or after */
export function reachOf({ chain }: Pick<Ledger, 'chain'>, context: Context): Reach | undefined {
  const backward = look(chain.toReversed(), context.fromTs, context.isStart, hourStart);
  const forward = look(chain, context.toTs, context.isEnd, (ts) => hourStart(ts - 1) + HOUR);
  if (!backward || !forward) return undefined;
  return { stepFrom: backward.step, hourFrom: backward.hour, stepTo: forward.step, hourTo: forward.hour };
}

/**
 * Away from a changed time: to the first register that nothing here can change; on to the end of its hour; and from there as
 * far again, for the steps up to that hour must be certain too.
 */
function look(
  away: Ledger['chain'],
  changedTs: number,
  isEnd: boolean,
  hourEdge: (ts: number) => number,
): { step: number; hour: number } | undefined {
  const direction = (away.at(-1)?.ts ?? 0) < (away[0]?.ts ?? 0) ? -1 : 1;
  const isPast = (ts: number, edge: number) => (ts - edge) * direction > 0;
  const step =
    away[
      farFrom(
        away,
        away.findIndex(({ ts }) => isPast(ts, changedTs)),
      )
    ]?.ts;
  const infinite = direction * Number.POSITIVE_INFINITY;
  if (step === undefined) return isEnd ? { step: infinite, hour: infinite } : undefined;
  const hour = hourEdge(step);
  const certain = farFrom(
    away,
    away.findIndex(({ ts }) => !isPast(hour, ts)),
  );
  return away[certain] || isEnd ? { step, hour } : undefined;
}

/** Index of the first register out of reach of the one at `start`; beyond the list when there is none. */
function farFrom(away: Ledger['chain'], start: number): number {
  const first = away[start];
  if (!first) return away.length;
  let runs = 0;
  let plateauTs = first.ts;
  for (let i = start + 1; i < away.length; i += 1) {
    const reading = away[i] ?? first;
    if (reading.counts !== away[i - 1]?.counts) {
      runs += 1;
      plateauTs = reading.ts;
    }
    // nothing is decided across a plateau that is too long to be a frozen display
    if (runs >= REACH_RUNS || Math.abs(reading.ts - plateauTs) > LONGEST_FREEZE_MS) return i;
  }
  return away.length;
}
