/**
 * Holt-Winters smoothing with an additive week (Winters 1960, no trend: the energy of a house has seasons, not growth, and a
 * trend runs away over a year). Own, small, and without state outside its arguments.
 */
export interface Smoothing {
  readonly alpha: number;
  readonly gamma: number;
}

const WEEK = 7;
const GRID: readonly Smoothing[] = [0.05, 0.15, 0.3, 0.5].flatMap((alpha) =>
  [0.05, 0.2, 0.4].map((gamma) => ({ alpha, gamma })),
);

interface State {
  readonly level: number;
  readonly season: readonly number[];
  /** Sum of squared one-step errors. */
  readonly errors: number;
}

function smooth(values: readonly number[], { alpha, gamma }: Smoothing): State {
  const first = values.slice(0, WEEK);
  let level = mean(first);
  const season = first.map((value) => value - level);
  let errors = 0;
  for (const [i, value] of values.entries()) {
    if (i < WEEK) continue;
    const weekday = i % WEEK;
    const seasonal = season[weekday] ?? 0;
    const error = value - level - seasonal;
    errors += error * error;
    const next = alpha * (value - seasonal) + (1 - alpha) * level;
    season[weekday] = gamma * (value - next) + (1 - gamma) * seasonal;
    level = next;
  }
  return { level, season, errors };
}

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((total, value) => total + value, 0) / values.length;

/**
 * The next `steps` values; the smoothing with the smallest one-step error of a small grid is taken.
 *
 * @param values daily, in order, at least two weeks
 */
export function forecastWeekly(values: readonly number[], steps: number): number[] {
  const best = GRID.map((smoothing) => smooth(values, smoothing)).sort((a, b) => a.errors - b.errors)[0];
  if (!best) return [];
  return Array.from({ length: steps }, (_, i) =>
    Math.max(0, best.level + (best.season[(values.length + i) % WEEK] ?? 0)),
  );
}
