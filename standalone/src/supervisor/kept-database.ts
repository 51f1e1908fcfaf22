import { setTimeout as sleep } from 'node:timers/promises';
import { type EmbeddedDatabase, startEmbedded } from '@ganzhi/schemas/db';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A server that ran this long was well: the next failure starts with the short pause again. */
const WELL_MS = 60_000;

/**
 * The embedded database, started again on the same port when it ends by itself (pause doubling from 0.5 s to 30 s): the
 * services keep their addresses and reconnect.
 */
export class KeptDatabase {
  readonly #dataDir: string;
  readonly #say: (line: string) => void;
  readonly #ending = new AbortController();
  #running: EmbeddedDatabase | undefined;
  #keeping: Promise<void> | undefined;

  constructor(dataDir: string, say: (line: string) => void) {
    this.#dataDir = dataDir;
    this.#say = say;
  }

  /**
   * @throws GanzhiError when the first start fails
   */
  async start(): Promise<EmbeddedDatabase> {
    const first = await startEmbedded({ dataDir: this.#dataDir, log: this.#say });
    this.#running = first;
    this.#keeping = this.#keepUp(first);
    return first;
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running?.stop();
    // A server may just be starting again (a recovery on a slow disk takes its time): its start is given up, and only
    // when the loop has seen it end is everything down.
    await this.#keeping;
  }

  async #keepUp(first: EmbeddedDatabase): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    for (let running: EmbeddedDatabase | undefined = first; ; ) {
      const startedAt = Date.now();
      const reason = running ? `exit code ${await running.ended}` : 'it did not start';
      if (this.#ending.signal.aborted) return;
      if (running && Date.now() - startedAt > WELL_MS) pauseMs = FIRST_PAUSE_MS;
      this.#say(`The database ended (${reason}); starting it again in ${pauseMs / 1000} s.`);
      await sleep(pauseMs, undefined, { signal: this.#ending.signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      if (this.#ending.signal.aborted) return;
      running = await startEmbedded({
        dataDir: this.#dataDir,
        port: first.port,
        log: this.#say,
        signal: this.#ending.signal,
      }).catch((error: Error) => {
        if (!this.#ending.signal.aborted) this.#say(error.message);
        return undefined;
      });
      this.#running = running;
      if (this.#ending.signal.aborted) await running?.stop();
    }
  }
}
