import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@ganzhi/schemas/db';
import { progressBar } from '../progress.ts';

const LOOK_EVERY_MS = 2_000;

interface Progress {
  historyDone: number;
  historyTotal: number;
}

/**
 * Follows the back-fill of the simulated city: a progress bar on the terminal, and the figure in `platform.setting` for
 * the page. Ends by itself when the history is in; the returned function ends it earlier.
 */
export async function watchHistory(
  url: string,
  databaseUrl: string,
  say: (line: string) => void,
): Promise<() => Promise<void>> {
  const db = await openDatabase({ url: databaseUrl, role: 'ganzhi_owner', max: 1, name: 'history' });
  const ending = new AbortController();
  const bar = progressBar('History', say);
  const done = (async () => {
    while (!ending.signal.aborted) {
      const progress = await look(url);
      if (progress) {
        const running = progress.historyDone < progress.historyTotal;
        await db.query(
          `insert into platform.setting (key, value) values ('history', $1)
           on conflict (key) do update set value = excluded.value`,
          [JSON.stringify({ done: progress.historyDone, total: progress.historyTotal, running })],
        );
        bar.show(progress.historyDone, progress.historyTotal);
        if (!running) break;
      }
      await sleep(LOOK_EVERY_MS, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  })()
    .catch((error: Error) => say(`History progress is not shown any more: ${error.message}`))
    .finally(() => db.end());
  return async () => {
    ending.abort();
    await done;
  };
}

/** The city's own figure; undefined while its process is being restarted. */
async function look(url: string): Promise<Progress | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(LOOK_EVERY_MS) });
    return answer.ok ? ((await answer.json()) as Progress) : undefined;
  } catch {
    return undefined;
  }
}
