import { SECOND } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';

const CHANNEL = 'ganzhi_care';
const PAUSE_MS = 2 * SECOND;

export interface NoticesOptions {
  db: Db;
  log: Logger;
  /** Called with what a trigger said, and with undefined whenever notices may have been missed: after each connect. */
  onNotice: (what: string | undefined) => void;
}

/**
 * Hears what other services wrote (`NOTIFY ganzhi_care`), on a connection of its own. A notice only hurries: whoever is told polls
 * as well, so a lost one costs seconds.
 */
export class Notices {
  readonly #options: NoticesOptions;
  #leave: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #connecting: Promise<void> | undefined;
  #stopped = false;

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#connecting = this.#connect();
    await this.#connecting;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#connecting;
    this.#leave?.();
  }

  async #connect(): Promise<void> {
    const { db, log, onNotice } = this.#options;
    try {
      const client = await db.connect();
      let left = false;
      const leave = (): void => {
        if (left) return;
        left = true;
        this.#leave = undefined;
        client.removeAllListeners('notification');
        // destroyed, not given back: a listening connection must not be lent to others
        client.release(true);
      };
      this.#leave = leave;
      client.on('notification', ({ payload }) => onNotice(payload));
      client.once('end', () => {
        leave();
        this.#again();
      });
      client.once('error', () => {
        leave();
        this.#again();
      });
      await client.query(`listen ${CHANNEL}`);
      onNotice(undefined);
    } catch (error) {
      log.debug({ err: error }, 'not listening, tried again');
      this.#leave?.();
      this.#again();
    }
  }

  #again(): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#connecting = this.#connect();
    }, PAUSE_MS);
  }
}
