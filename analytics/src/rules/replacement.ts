import type { RegisterReading } from './register.ts';

/** A meter that was replaced: where its register ended and where the next one's began (domain handbook §3.1, TV-11). */
export interface Replacement {
  /** Epoch milliseconds; readings before belong to the old meter, those from then on to the new one. */
  readonly ts: number;
  /** Last register of the old meter, counts. */
  readonly closing: bigint;
  /** First register of the new meter, counts. */
  readonly opening: bigint;
}

/**
 * Readings cut into the lives of the meters that stood there. Each life is a register of its own: it ends with the closing
 * register of the old meter and begins with the opening register of the new one, both at the moment of the replacement, so
 * that the step over it is two certain steps. A reading at that very moment is replaced by the opening register.
 *
 * A replacement that lies before the first or after the last reading cuts nothing.
 */
export function livesOf(
  readings: readonly RegisterReading[],
  replacements: readonly Replacement[] | undefined,
): readonly (readonly RegisterReading[])[] {
  const first = readings[0];
  const last = readings.at(-1);
  if (!first || !last || !replacements) return [readings];
  const inside = replacements.filter(({ ts }) => ts > first.ts && ts <= last.ts);
  if (inside.length === 0) return [readings];
  const lives: RegisterReading[][] = [];
  let rest = readings;
  let opening: RegisterReading | undefined;
  for (const { ts, closing, opening: next } of inside) {
    const old = rest.filter((reading) => reading.ts < ts);
    lives.push([...(opening ? [opening] : []), ...old, { ts, counts: closing, source: 'manual' }]);
    rest = rest.filter((reading) => reading.ts > ts);
    opening = { ts, counts: next, source: 'manual' };
  }
  return [...lives, [...(opening ? [opening] : []), ...rest]];
}
