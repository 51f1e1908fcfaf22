import type { Message, Outcome } from './message.ts';
import type { ReplayPace } from './replay-pace.ts';
import { Turns } from './turns.ts';

export interface BatcherOptions {
  /** Longest wait of a message before its transaction begins, while the writer is free. */
  batchMs: number;
  /** Rows that make a transaction full. */
  batchRows: number;
  persist: (messages: readonly Message[]) => Promise<Outcome[]>;
  /** How fast replayed messages go; shared by all lanes. */
  pace: ReplayPace;
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
 * makes batches larger, not queues longer. Live messages go before replayed ones, which go at their own pace; within both, each
 * gateway has its turn.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  readonly #live = new Turns<Waiting>();
  readonly #replay = new Turns<Waiting>();
  #queuedRows = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Until the budget of replayed messages has filled again. */
  #paceTimer: NodeJS.Timeout | undefined;
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
      const queue = message.head?.replay ? this.#replay : this.#live;
      queue.push(message.gateway.id, { message, rows, settle, fail });
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
    if (this.#writing || this.#live.size + this.#replay.size === 0) return;
    if (this.#hurried || this.#queuedRows >= this.#options.batchRows) this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), this.#options.batchMs);
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#writing) return;
    const { batchRows, pace } = this.#options;
    const mayReplay = this.#hurried ? batchRows : Math.min(batchRows, pace.available(performance.now()));
    const replayFirst = take(this.#replay, Math.min(mayReplay, batchRows * REPLAY_SHARE));
    const live = take(this.#live, batchRows - sum(replayFirst));
    const replayMore = take(this.#replay, Math.min(mayReplay, batchRows - sum(live)) - sum(replayFirst));
    const batch = [...live, ...replayFirst, ...replayMore];
    const replayed = sum(replayFirst) + sum(replayMore);
    if (replayed > 0) pace.spend(replayed, performance.now());
    if (batch.length === 0) {
      if (this.#replay.size > 0) this.#waitForPace();
      return;
    }
    this.#writing = this.#write(batch).finally(() => {
      this.#writing = undefined;
      this.#schedule();
    });
  }

  #waitForPace(): void {
    this.#paceTimer ??= setTimeout(
      () => {
        this.#paceTimer = undefined;
        this.#begin();
      },
      Math.max(1, this.#options.pace.pauseMs(performance.now())),
    );
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

/** Removes messages by turns while they fit; one at least, when there is room for any row at all. */
function take(queue: Turns<Waiting>, room: number): Waiting[] {
  const taken: Waiting[] = [];
  for (let left = room; left > 0; ) {
    const next = queue.next();
    if (!next) break;
    taken.push(next);
    left -= next.rows;
  }
  return taken;
}
