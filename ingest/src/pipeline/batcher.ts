import type { Message, Outcome } from './message.ts';

export interface BatcherOptions {
  /** Longest wait of a message before its transaction begins, while the writer is free. */
  batchMs: number;
  /** Rows that make a transaction full. */
  batchRows: number;
  persist: (messages: readonly Message[]) => Promise<Outcome[]>;
}

interface Waiting {
  message: Message;
  rows: number;
  settle: (outcome: Outcome) => void;
  fail: (error: unknown) => void;
}

/** Of a full transaction, the part that replayed messages get even when live ones would fill it alone. */
const REPLAY_SHARE = 0.25;

/**
 * Micro-batcher with per-message completion. One transaction at a time; what arrives meanwhile makes the next one, so load
 * makes batches larger, not queues longer. Live messages go before replayed ones.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  #live: Waiting[] = [];
  #replay: Waiting[] = [];
  #queuedRows = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #hurried = false;

  constructor(options: BatcherOptions) {
    this.#options = options;
  }

  /** Rows accepted and not yet committed. */
  get queuedRows(): number {
    return this.#queuedRows;
  }

  /** Resolves when the message is committed; rejects when it was given up (stop while the database is away). */
  push(message: Message): Promise<Outcome> {
    return new Promise((settle, fail) => {
      // a message without rows still costs its batch row
      const rows = message.rows.length + message.quarantined.length + 1;
      (message.head?.replay ? this.#replay : this.#live).push({ message, rows, settle, fail });
      this.#queuedRows += rows;
      this.#schedule();
    });
  }

  /** From now on nothing waits for company: ingest is stopping. */
  hurry(): void {
    this.#hurried = true;
    this.#schedule();
  }

  /** Resolves when the transaction that runs now has ended. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  #schedule(): void {
    if (this.#writing || this.#live.length + this.#replay.length === 0) return;
    if (this.#hurried || this.#queuedRows >= this.#options.batchRows) this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), this.#options.batchMs);
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { batchRows } = this.#options;
    const replayFirst = take(this.#replay, batchRows * REPLAY_SHARE);
    const live = take(this.#live, batchRows - sum(replayFirst));
    const replayMore = take(this.#replay, batchRows - sum(replayFirst) - sum(live));
    this.#writing = this.#write([...live, ...replayFirst, ...replayMore]).finally(() => {
      this.#writing = undefined;
      this.#schedule();
    });
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#options.persist(batch.map(({ message }) => message));
      for (const [k, waiting] of batch.entries()) {
        const outcome = outcomes[k];
        if (outcome) waiting.settle(outcome);
        else waiting.fail(new Error('a message without outcome'));
      }
    } catch (error) {
      for (const waiting of batch) waiting.fail(error);
    } finally {
      this.#queuedRows -= sum(batch);
    }
  }
}

const sum = (list: readonly Waiting[]): number => list.reduce((total, { rows }) => total + rows, 0);

/** Removes messages from the head of a queue while they fit; one at least, when there is room for any row at all. */
function take(queue: Waiting[], room: number): Waiting[] {
  let end = 0;
  for (let left = room; end < queue.length && left > 0; end += 1) left -= queue[end]?.rows ?? 0;
  return queue.splice(0, end);
}
