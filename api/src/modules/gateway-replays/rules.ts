/** Figures of a backlog, from what ingest wrote down. Pure; times are epoch ms. */

const RATE_CONSTANT_S = 30;
/** Ingest writes every two seconds while a gateway replays: after a minute it has stopped. */
export const ACTIVE_S = 60;

export interface Progress {
  since: number;
  lastAt: number;
  /** The exponential mean as stored, at `lastAt`. */
  ratePerS: number;
  readings: number;
  remaining: number | null;
}

export interface Figures {
  active: boolean;
  ratePerS: number;
  progress: number | null;
  etaS: number | null;
}

/** Rate now, share done, seconds left. A mean that is younger than its time constant is scaled up by what it lacks. */
export function figuresOf({ since, lastAt, ratePerS, readings, remaining }: Progress, now: number): Figures {
  const ageS = Math.max(1, (lastAt - since) / 1_000);
  const active = now - lastAt < ACTIVE_S * 1_000;
  const rate = active ? ratePerS / (1 - Math.exp(-ageS / RATE_CONSTANT_S)) : 0;
  const total = remaining === null ? 0 : readings + remaining;
  return {
    active,
    ratePerS: Math.round(rate * 10) / 10,
    progress: remaining === null ? null : total === 0 ? 1 : readings / total,
    etaS: etaOf(remaining, rate),
  };
}

/** Whole seconds; null when nobody knows how much is left, or nothing moves. */
export function etaOf(remaining: number | null, ratePerS: number): number | null {
  if (remaining === 0) return 0;
  return remaining === null || ratePerS <= 0 ? null : Math.ceil(remaining / ratePerS);
}
