import { setTimeout as sleep } from 'node:timers/promises';
import { SECOND } from '@ganzhi/schemas';
import { type Db, type Tx, withTx } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.ts';
import { faultOf } from '../pipeline/database-error.ts';
import type { LatestValues } from '../pipeline/latest.ts';
import type { Row } from '../pipeline/message.ts';
import { Partitions, timesOf } from '../pipeline/partitions.ts';
import { writeIn } from '../pipeline/write.ts';
import { type JudgeContext, judge } from './judge.ts';
import { finishJob, nextEntries, type QuarantineEntry, recordVerdicts, takeJob, type Verdict } from './sql.ts';

const LOOK_MS = SECOND;
const ENTRIES_PER_ROUND = 500;
/** Between two rounds: what was refused once can wait, what arrives now cannot. */
const REST_MS = 50;

export interface ReplayerOptions {
  db: Db;
  log: Logger;
  metrics: Metrics;
  latest: LatestValues;
  /** Reads the registry again: the person who asked has just mended it. */
  refresh: () => Promise<void>;
  judge: () => JudgeContext;
}

/**
 * Carries out the replays of the quarantine that people request. A round is ONE transaction: readings, what became of their
 * entries, and how far the replay has come, so that a killed process leaves nothing half done and nothing is counted twice;
 * readings are idempotent besides. Several ingest processes share the work replay by replay.
 */
export class QuarantineReplayer {
  readonly #options: ReplayerOptions;
  readonly #partitions: Partitions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: ReplayerOptions) {
    this.#options = options;
    this.#partitions = new Partitions(options.db);
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Ends after the round that is running. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const more = await this.#round().catch((error: Error) => {
        this.#options.log.debug({ err: error }, 'replay of the quarantine failed, tried again');
        return false;
      });
      await sleep(more ? REST_MS : LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** @returns true when there may be more to do at once */
  async #round(): Promise<boolean> {
    const { db, latest, metrics, refresh } = this.#options;
    const { worked, rows } = await withTx(db, async (tx) => {
      const job = await takeJob(tx);
      if (!job) return { worked: false, rows: [] };
      if (job.reached === 0n) await refresh();
      const entries = await nextEntries(tx, job, ENTRIES_PER_ROUND);
      if (entries.length === 0) {
        await finishJob(tx, job);
        return { worked: true, rows: [] };
      }
      const tried = await this.#try(tx, entries);
      await recordVerdicts(tx, job, tried.verdicts);
      return { worked: true, rows: tried.rows };
    });
    latest.committed(rows);
    if (rows.length > 0) metrics.readings.inc({ source: 'quarantine', result: 'stored' }, rows.length);
    return worked;
  }

  async #try(tx: Tx, entries: readonly QuarantineEntry[]): Promise<{ verdicts: Verdict[]; rows: Row[] }> {
    const verdicts: Verdict[] = [];
    const rows: Row[] = [];
    for (const ofGateway of Map.groupBy(entries, ({ gateway_code }) => gateway_code).values()) {
      const tried = await this.#write(tx, ofGateway);
      verdicts.push(...tried.verdicts);
      rows.push(...tried.rows);
    }
    verdicts.sort((a, b) => (a.entry.id < b.entry.id ? -1 : 1));
    return { verdicts, rows };
  }

  /** Writes entries of one gateway; when the database refuses them, halves them until the one to blame stands alone. */
  async #write(tx: Tx, entries: readonly QuarantineEntry[]): Promise<{ verdicts: Verdict[]; rows: Row[] }> {
    const { messages, verdicts } = await judge(entries, this.#options.judge());
    if (messages.length === 0) return { verdicts, rows: [] };
    await this.#partitions.ensure(timesOf(messages));
    await tx.query('savepoint entries');
    try {
      const { rows } = await writeIn(tx, this.#options.latest, messages);
      await tx.query('release savepoint entries');
      return { verdicts, rows };
    } catch (error) {
      if (faultOf(error) !== 'data') throw error;
      await tx.query('rollback to savepoint entries');
      const [first] = entries;
      if (entries.length === 1 && first) {
        const { code, message } = error as { code: string; message: string };
        const detail = `refused by the database (${code}): ${message}`;
        return { verdicts: [{ entry: first, result: 'refused', reason: 'invalid-payload', detail }], rows: [] };
      }
      const middle = Math.ceil(entries.length / 2);
      const halves = [await this.#write(tx, entries.slice(0, middle)), await this.#write(tx, entries.slice(middle))];
      return { verdicts: halves.flatMap((half) => half.verdicts), rows: halves.flatMap((half) => half.rows) };
    }
  }
}
