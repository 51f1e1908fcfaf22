/** A gateway's clock, told from the stamps of its readings. */
import { SECOND } from '@ganzhi/schemas';
import { median } from './blocks.ts';

/** Validation rule V7 (domain handbook §4): a clock that is off by more warns. */
export const CLOCK_WARNS_MS = 60 * SECOND;
/** A clock within this is right. */
const RIGHT_MS = 10 * SECOND;
/** Stamps in a row that are right end a drift; fewer are where it passes a whole interval. */
const RIGHT_AGAIN = 4;

export interface Drift {
  readonly fromMs: number;
  readonly toMs: number;
  /** The stamps at the end are still off. */
  readonly lasts: boolean;
  /** Furthest off, by its sign. */
  readonly offMs: number;
}

/**
 * Meters are read on a grid of their interval: stamps that leave the usual place in it, further and further, come from a clock that
 * drifts. From where it begins to be off by more than 10 s, if it ever is by more than a minute.
 *
 * @param times stamps of a gateway's readings, ascending
 */
export function clockDrifts(times: readonly number[], intervalMs: number): Drift[] {
  const usual = usualPlace(times, intervalMs);
  const drifts: Drift[] = [];
  let run: { t: number; off: number }[] = [];
  let right = 0;
  const close = (lasts: boolean) => {
    const furthest = run.reduce((most, { off }) => (Math.abs(off) > Math.abs(most) ? off : most), 0);
    const last = run.at(-1);
    const first = run[0];
    if (first && last && Math.abs(furthest) > CLOCK_WARNS_MS)
      drifts.push({ fromMs: first.t, toMs: last.t + intervalMs, lasts, offMs: furthest });
    run = [];
    right = 0;
  };
  for (const t of times) {
    const wrapped = wrap(t - usual, intervalMs);
    // goes on from where it was, beyond half an interval too
    const before = run.at(-1)?.off ?? 0;
    const off = before + wrap(wrapped - before, intervalMs);
    if (Math.abs(wrapped) > RIGHT_MS) {
      run.push({ t, off });
      right = 0;
    } else if (run.length > 0) {
      right += 1;
      if (right >= RIGHT_AGAIN) close(false);
    }
  }
  close(right === 0);
  return drifts;
}

/** To [-half, half) of an interval. */
const wrap = (ms: number, intervalMs: number): number =>
  ((((ms + intervalMs / 2) % intervalMs) + intervalMs) % intervalMs) - intervalMs / 2;

/** Where in the interval most stamps lie. */
function usualPlace(times: readonly number[], intervalMs: number): number {
  const bins = Map.groupBy(times, (t) => Math.round((t % intervalMs) / RIGHT_MS) % Math.round(intervalMs / RIGHT_MS));
  const [most = []] = [...bins.values()].sort((a, b) => b.length - a.length);
  const [origin = 0] = most;
  return (origin % intervalMs) + median(most.map((t) => wrap(t - origin, intervalMs)));
}
