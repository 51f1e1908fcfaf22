import type { HourEntry, SpanEntry } from '../rules/ledger.ts';
import type { RegisterId } from './marks.ts';

/** Rows of ledger.hour and ledger.span, and what has to change so that the stored become the computed ones. */
export type HourRow = RegisterId & HourEntry;
export type SpanRow = RegisterId & SpanEntry;

export interface Changes<Row> {
  /** New or different rows, to be written with a new known_since. */
  readonly write: readonly Row[];
  /** Stored rows that no longer hold. */
  readonly remove: readonly Row[];
}

/** Rows that are equal stay untouched: known_since tells since when a figure is known, not when it was looked at. */
export function compare<Row>(
  stored: readonly Row[],
  computed: readonly Row[],
  key: (row: Row) => string,
  content: (row: Row) => string,
): Changes<Row> {
  const before = new Map(stored.map((row) => [key(row), row]));
  const write = computed.filter((row) => {
    const old = before.get(key(row));
    before.delete(key(row));
    return !old || content(old) !== content(row);
  });
  return { write, remove: [...before.values()] };
}

export const compareHours = (stored: readonly HourRow[], computed: readonly HourRow[]): Changes<HourRow> =>
  compare(
    stored,
    computed,
    (row) => `${row.meterId}/${row.point}/${row.hour}`,
    (row) => `${row.counts} ${row.ratio} ${row.coveredS} ${row.source}`,
  );

export const compareSpans = (stored: readonly SpanRow[], computed: readonly SpanRow[]): Changes<SpanRow> =>
  compare(
    stored,
    computed,
    (row) => `${row.meterId}/${row.point}/${row.fromTs}`,
    (row) => `${row.toTs} ${row.class} ${row.counts} ${row.ratio} ${canonical(row.evidence)}`,
  );

/** jsonb gives keys back in its own order. */
const canonical = (evidence: SpanRow['evidence']): string =>
  JSON.stringify(Object.entries(evidence).toSorted(([a], [b]) => (a < b ? -1 : 1)));
