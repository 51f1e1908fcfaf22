import type { Decision } from '../rules/decision.ts';
import type { HourEntry, SpanEntry } from '../rules/ledger.ts';
import type { RegisterId } from './marks.ts';

/** Rows of ledger.hour, ledger.span and ledger.decision, and what has to change so that the stored become the computed ones. */
export type HourRow = RegisterId & HourEntry;
export type SpanRow = RegisterId & SpanEntry;
export type DecisionRow = RegisterId & Decision;
/** What has to change in ledger.hour. */
export interface HourChanges {
  readonly write: readonly HourRow[];
  readonly remove: readonly (RegisterId & { readonly hour: number })[];
}
/** A stored row and since when it was known. */
export type Stored<Row> = Row & { readonly knownSince: number };

export interface Changes<Row> {
  /** New or different rows, to be written with a new known_since. */
  readonly write: readonly Row[];
  /** Stored rows that no longer hold. */
  readonly remove: readonly Row[];
  /** Stored rows that another version takes the place of, those removed among them. */
  readonly superseded: readonly Stored<Row>[];
}

/** Rows that are equal stay untouched: known_since tells since when a figure is known, not when it was looked at. */
export function compare<Row>(
  stored: readonly Stored<Row>[],
  computed: readonly Row[],
  key: (row: Row) => string,
  content: (row: Row) => string,
): Changes<Row> {
  const before = new Map(stored.map((row) => [key(row), row]));
  const superseded: Stored<Row>[] = [];
  const write = computed.filter((row) => {
    const old = before.get(key(row));
    before.delete(key(row));
    const isSame = old !== undefined && content(old) === content(row);
    if (old && !isSame) superseded.push(old);
    return !isSame;
  });
  const remove = [...before.values()];
  return { write, remove, superseded: [...superseded, ...remove] };
}

export const compareSpans = (stored: readonly Stored<SpanRow>[], computed: readonly SpanRow[]): Changes<SpanRow> =>
  compare(
    stored,
    computed,
    (row) => `${row.meterId}/${row.point}/${row.fromTs}`,
    (row) => `${row.toTs} ${row.class} ${row.counts} ${row.ratio} ${canonical(row.evidence)}`,
  );

export const compareDecisions = (
  stored: readonly Stored<DecisionRow>[],
  computed: readonly DecisionRow[],
): Changes<DecisionRow> =>
  compare(
    stored,
    computed,
    (row) => `${row.meterId}/${row.point}/${row.fromTs}/${row.kind}/${row.effect}`,
    (row) => `${row.toTs} ${canonical(row.evidence)}`,
  );

/** jsonb gives keys back in its own order. */
const canonical = (evidence: object): string =>
  JSON.stringify(Object.entries(evidence).toSorted(([a], [b]) => (a < b ? -1 : 1)));
