import { useEffect, useState } from 'preact/hooks';
import type { Answer } from '../api/client.ts';
import { browserPage } from './page-signals.ts';
import { Poller, type PollState } from './poller.ts';

const NOTHING: PollState<never> = { data: null, checkedAt: null, problem: null };

/** A poll of a component; `settled` is false while the data shown belong to the previous key. */
export type Polled<T> = PollState<T> & { settled: boolean };

/**
 * Polls `load` while the component is mounted. A new `key` starts over; what was shown before stays until the first
 * answer, so that turning a page does not blink.
 */
export function usePoll<T>(
  key: string,
  intervalMs: number,
  load: (signal: AbortSignal) => Promise<Answer<T>>,
): Polled<T> {
  const [shown, setShown] = useState<{ key: string; state: PollState<T> }>({ key, state: NOTHING });
  // Not `load`: it is a new function at every render, and `key` stands for everything that it closes over.
  useEffect(() => {
    const poller = new Poller<T>({
      load,
      intervalMs,
      page: browserPage,
      onState: (state) =>
        setShown((before) => ({
          key,
          state: state.data === null ? { ...before.state, problem: state.problem } : state,
        })),
    });
    poller.start();
    return () => poller.stop();
  }, [key, intervalMs]);
  return { ...shown.state, settled: shown.key === key && shown.state.data !== null };
}
