/**
 * Dated ratio of a meter: CT x PT while the meter reports secondary values, 1 when it reports primary ones.
 * Times are epoch milliseconds; a record holds from its time until the next one.
 */
export interface RatioRecord {
  /** May be -Infinity. */
  readonly fromTs: number;
  readonly ratio: bigint;
}

/**
 * Records in order, with those that change nothing left out. No record at all means primary values (ratio 1); the first
 * record also holds for the time before it, since a meter has no other ratio to read then.
 */
export function ratioTimeline(records: readonly RatioRecord[]): readonly RatioRecord[] {
  const ordered = [...records].sort((a, b) => (a.fromTs < b.fromTs ? -1 : 1));
  const changes = ordered.filter((record, i) => i === 0 || ordered[i - 1]?.ratio !== record.ratio);
  return changes.length === 0 ? [{ fromTs: Number.NEGATIVE_INFINITY, ratio: 1n }] : changes;
}

/** The ratio in force at `ts`. */
export function ratioAt(timeline: readonly RatioRecord[], ts: number): bigint {
  const inForce = timeline.findLast((record) => record.fromTs <= ts) ?? timeline[0];
  return inForce?.ratio ?? 1n;
}

const NONE: readonly number[] = [];

/** Times strictly inside (from, to) at which the ratio changes. */
export function changesInside(timeline: readonly RatioRecord[], from: number, to: number): readonly number[] {
  // most meters keep their first ratio, and this is asked for every step
  if (timeline.length < 2) return NONE;
  return timeline.slice(1).flatMap(({ fromTs }) => (fromTs > from && fromTs < to ? [fromTs] : []));
}
