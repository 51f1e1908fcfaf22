import type { Db } from '@ganzhi/schemas/db';
import { keepProgress } from './sql.ts';

const EVERY_MS = 300;

/**
 * Says how far the work on an import is, now and then, on a connection of its own. Never waited for: the transaction of
 * the work must not hang on a second connection of a pool that others use up.
 */
export function reporter(
  db: Db,
  importId: number,
  phase: 'check' | 'commit' | 'undo',
  total: number,
  clock: () => number,
) {
  let saidAt = Number.NEGATIVE_INFINITY;
  let busy = false;
  return (done: number): void => {
    const now = performance.now();
    if (busy || (now - saidAt < EVERY_MS && done < total)) return;
    [busy, saidAt] = [true, now];
    keepProgress(db, importId, phase, done, total, clock()).then(
      () => {
        busy = false;
      },
      () => {
        // a progress that cannot be told stops no import
        busy = false;
      },
    );
  };
}
