import { dateText, fromCounts, HOUR } from '@ganzhi/schemas';

/** What the series says of one hour. */
export interface SeriesHour {
  kwh: number;
  /** False when rows are missing inside this hour: the ledger must then show less than full coverage. */
  full: boolean;
}

/** What the ledger says of one hour. */
export interface LedgerHour {
  hour: number;
  counts: bigint;
  coveredS: number;
}

export type Mismatch = 'value' | 'missing' | 'coverage' | 'invented';

export interface HourDifference {
  hour: number;
  kind: Mismatch;
  seriesKwh: number | null;
  ledgerKwh: number | null;
}

export interface DayRow {
  day: string;
  seriesKwh: number;
  ledgerKwh: number;
  differenceKwh: number;
  /** Hours of the day with missing rows, shown as gaps or partly covered by the ledger. */
  gapHours: number;
}

export interface Comparison {
  hours: { compared: number; full: number; partial: number; gaps: number };
  differences: HourDifference[];
  days: DayRow[];
}

/**
 * Holds the ledger against the series, hour by hour.
 *
 * A full hour must be there, fully covered, and equal within `toleranceKwh` (the register's resolution). An hour with missing
 * rows must not look full. An hour without any row must have no ledger row at all: a gap, not a zero.
 *
 * @param decimals resolution of the ledger's counts
 */
export function compare(
  series: ReadonlyMap<number, SeriesHour>,
  ledger: readonly LedgerHour[],
  decimals: number,
  toleranceKwh: number,
): Comparison {
  const booked = new Map(ledger.map((row) => [row.hour, row]));
  const kwhOf = (row: LedgerHour | undefined): number | null => (row ? Number(fromCounts(row.counts, decimals)) : null);
  const differences: HourDifference[] = [];
  for (const [hour, wanted] of series) {
    const row = booked.get(hour);
    const kind = judge(wanted, row, kwhOf(row), toleranceKwh);
    if (kind) differences.push({ hour, kind, seriesKwh: wanted.kwh, ledgerKwh: kwhOf(row) });
  }
  for (const row of ledger) {
    if (!series.has(row.hour)) {
      differences.push({ hour: row.hour, kind: 'invented', seriesKwh: null, ledgerKwh: kwhOf(row) });
    }
  }
  const full = [...series.values()].filter((hour) => hour.full).length;
  return {
    hours: { compared: series.size, full, partial: series.size - full, gaps: gapsBetween([...series.keys()]) },
    differences: differences.sort((a, b) => a.hour - b.hour),
    days: byDay(series, booked, kwhOf),
  };
}

function judge(
  wanted: SeriesHour,
  row: LedgerHour | undefined,
  kwh: number | null,
  tolerance: number,
): Mismatch | undefined {
  // An hour that only a hole touches may rightly have no row; its energy then stands in an undistributed span.
  if (!row || kwh === null) return wanted.full ? 'missing' : undefined;
  if (wanted.full !== (row.coveredS === HOUR / 1000)) return 'coverage';
  // The comparison itself must not invent a difference in the last binary digit.
  return Math.abs(kwh - wanted.kwh) > tolerance + 1e-9 ? 'value' : undefined;
}

function gapsBetween(hours: readonly number[]): number {
  const sorted = hours.toSorted((a, b) => a - b);
  const [first = 0, last = first] = [sorted[0], sorted.at(-1)];
  return sorted.length === 0 ? 0 : (last - first) / HOUR + 1 - sorted.length;
}

function byDay(
  series: ReadonlyMap<number, SeriesHour>,
  booked: ReadonlyMap<number, LedgerHour>,
  kwhOf: (row: LedgerHour | undefined) => number | null,
): DayRow[] {
  const days = new Map<string, DayRow>();
  for (const [hour, { kwh, full }] of series) {
    const day = dateText(hour);
    const row = days.get(day) ?? { day, seriesKwh: 0, ledgerKwh: 0, differenceKwh: 0, gapHours: 0 };
    row.seriesKwh += kwh;
    row.ledgerKwh += kwhOf(booked.get(hour)) ?? 0;
    row.gapHours += full ? 0 : 1;
    days.set(day, row);
  }
  const rounded = (value: number): number => Number(value.toFixed(6));
  return [...days.values()]
    .sort((a, b) => a.day.localeCompare(b.day))
    .map((row) => ({
      ...row,
      seriesKwh: rounded(row.seriesKwh),
      ledgerKwh: rounded(row.ledgerKwh),
      differenceKwh: rounded(row.ledgerKwh - row.seriesKwh),
    }));
}
