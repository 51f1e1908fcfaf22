import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.ts';
import { faultOf } from './database-error.ts';
import type { LatestValues } from './latest.ts';
import type { Message, Outcome, Source } from './message.ts';
import { Partitions, timesOf } from './partitions.ts';
import { poisonMessage } from './quarantine.ts';
import { writeMessages } from './write.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

export interface PersistContext {
  db: Db;
  latest: LatestValues;
  log: Logger;
  metrics: Metrics;
  /** Aborted when waiting for an absent database must end (stop). */
  signal: AbortSignal;
}

/**
 * Writes until it is written: waits while the database is away, and when the database refuses a row, halves the messages
 * until the one that is to blame stands alone and goes to quarantine.
 */
export class Persister {
  readonly #context: PersistContext;
  readonly #partitions: Partitions;

  constructor(context: PersistContext) {
    this.#context = context;
    this.#partitions = new Partitions(context.db);
  }

  /**
   * @returns outcomes in the order of the messages
   * @throws the abort reason when stopped while the database is away; nothing of these messages is acknowledged then
   */
  async persist(messages: readonly Message[]): Promise<Outcome[]> {
    const [first] = messages;
    // the database counts per transaction, so a transaction holds messages of one door: then the figures of a door are its own
    if (first && messages.some(({ source }) => source !== first.source)) return this.#bySource(messages, first.source);
    for (let pauseMs = 0; ; pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, pauseMs * 2))) {
      // jittered, so that several ingest processes do not return to a database all at once
      if (pauseMs > 0) await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, { signal: this.#context.signal });
      try {
        const outcomes = await this.#attempt(messages);
        if (pauseMs > 0) this.#context.log.info('database writes again');
        return outcomes;
      } catch (error) {
        if (faultOf(error) === 'data') return this.#isolate(messages, error);
        this.#context.metrics.writeRetries.inc();
        if (pauseMs === 0) this.#context.log.warn({ err: error }, 'write failed, tried again until it succeeds');
      }
    }
  }

  async #bySource(messages: readonly Message[], source: Source): Promise<Outcome[]> {
    const same = await this.persist(messages.filter((message) => message.source === source));
    const other = await this.persist(messages.filter((message) => message.source !== source));
    const queues = { same: same.values(), other: other.values() };
    return messages.map((message) => {
      const next = queues[message.source === source ? 'same' : 'other'].next();
      if (next.done) throw new Error('a message without outcome');
      return next.value;
    });
  }

  async #attempt(messages: readonly Message[]): Promise<Outcome[]> {
    await this.#partitions.ensure(timesOf(messages));
    const { db, latest, metrics } = this.#context;
    const end = metrics.commitSeconds.startTimer();
    const written = await writeMessages(db, latest, messages);
    end();
    const source = messages[0]?.source ?? 'mqtt';
    const count = (result: string, n: number): void => {
      if (n > 0) metrics.readings.inc({ source, result }, n);
    };
    count('stored', written.stored);
    count('revised', written.revised);
    count('repeated', written.repeated);
    const quarantined = messages.reduce((total, message) => total + message.quarantined.length, 0);
    count('quarantined', quarantined);
    return messages.map((message, k) => outcomeOf(message, written.fresh[k] ?? true));
  }

  async #isolate(messages: readonly Message[], error: unknown): Promise<Outcome[]> {
    this.#partitions.forget();
    const [first] = messages;
    if (messages.length > 1 || !first) {
      const middle = Math.ceil(messages.length / 2);
      return [...(await this.persist(messages.slice(0, middle))), ...(await this.persist(messages.slice(middle)))];
    }
    const { code, message: detail } = error as { code: string; message: string };
    this.#context.log.warn({ err: error, gateway: first.gateway.code }, 'the database refuses a message: quarantined');
    const entry = poisonMessage('invalid-payload', `refused by the database (${code}): ${detail}`, first.payload);
    if (first.rows.length === 0 && first.failures.length === 0) throw error;
    return this.persist([{ ...first, rows: [], failures: [], quarantined: [...first.quarantined, entry] }]);
  }
}

function outcomeOf({ rows, failures, quarantined }: Message, fresh: boolean): Outcome {
  const nothingStored = rows.length === 0 && failures.length === 0 && quarantined.length > 0;
  return { result: nothingStored ? 'rejected' : fresh ? 'stored' : 'duplicate', quarantined };
}
