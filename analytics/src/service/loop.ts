import { setTimeout as sleep } from 'node:timers/promises';
import { SECOND } from '@ganzhi/schemas';
import { MARKS_PER_ROUND } from '../ledger/marks.ts';
import type { Round } from '../ledger/recompute.ts';

export interface LoopOptions {
  readonly tickMs: number;
  /** One round; its result or its failure is reported by itself. Returns undefined when it failed. */
  readonly round: () => Promise<Round | undefined>;
}

export interface Loop {
  /** Ends after the round that is running. */
  stop(): Promise<void>;
}

const LONGEST_PAUSE = 30 * SECOND;

/**
 * Rounds without pause while they are full, else a tick apart (marks that gather are recomputed together), and ever
 * further apart while they fail.
 */
export function startLoop({ tickMs, round }: LoopOptions): Loop {
  const stopping = new AbortController();
  const run = async () => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const result = await round();
      failures = result ? 0 : failures + 1;
      if (result && result.marks >= MARKS_PER_ROUND) continue;
      const pauseMs = Math.min(tickMs * 2 ** failures, Math.max(tickMs, LONGEST_PAUSE));
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const ended = run();
  return {
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}
