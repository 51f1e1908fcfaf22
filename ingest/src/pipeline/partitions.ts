import type { Db } from '@ganzhi/schemas/db';
import type { Message } from './message.ts';

/**
 * Makes months exist before rows go there, outside the hot transaction: creating a partition locks the parent table, and a
 * rolled-back write must not take the month with it.
 */
export class Partitions {
  readonly #db: Db;
  readonly #known = new Set<number>();

  constructor(db: Db) {
    this.#db = db;
  }

  /** @param times epoch milliseconds of the rows to come */
  async ensure(times: Iterable<number>): Promise<void> {
    let last = Number.NaN;
    for (const t of times) {
      // rows of a message are near each other: most of them need no date arithmetic
      if (t >= last && t < last + DAY_MS) continue;
      last = Math.floor(t / DAY_MS) * DAY_MS;
      const month = utcMonth(last);
      if (this.#known.has(month)) continue;
      await this.#db.query("select metering.ensure_partition('metering.reading', $1)", [new Date(month).toISOString()]);
      this.#known.add(month);
    }
  }

  /** After the database refused a row: a month may have been dropped by hand. */
  forget(): void {
    this.#known.clear();
  }
}

const DAY_MS = 86_400_000;

function utcMonth(t: number): number {
  const date = new Date(t);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** Times of all rows of the messages. */
export function* timesOf(messages: readonly Message[]): Generator<number> {
  for (const { rows } of messages) for (const { ts } of rows) yield ts;
}
