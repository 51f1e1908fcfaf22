import type { FailureInput } from '../sql/read-failures.ts';
import type { FailureRow, Row } from './message.ts';

/** Time of the newest row of each meter. */
export function newestPerMeter(rows: readonly Row[]): Map<number, number> {
  const newest = new Map<number, number>();
  for (const { meterId, ts } of rows) {
    const known = newest.get(meterId);
    if (known === undefined || ts > known) newest.set(meterId, ts);
  }
  return newest;
}

/** Failures per meter that no value of the same transaction has ended already. */
export function openFailures(
  failures: readonly FailureRow[],
  newestValue: ReadonlyMap<number, number>,
): FailureInput[] {
  const open = new Map<number, FailureInput>();
  for (const { meterId, ts, code } of failures) {
    if (ts < (newestValue.get(meterId) ?? Number.NEGATIVE_INFINITY)) continue;
    const known = open.get(meterId);
    if (!known) {
      open.set(meterId, { meterId, code, firstTs: ts, lastTs: ts, failures: 1 });
      continue;
    }
    if (ts >= known.lastTs) known.code = code;
    known.firstTs = Math.min(known.firstTs, ts);
    known.lastTs = Math.max(known.lastTs, ts);
    known.failures += 1;
  }
  return [...open.values()];
}
