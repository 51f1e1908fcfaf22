import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import { repairLatest, upsertLatest } from '../sql/upsert-latest.ts';
import type { Row } from './message.ts';

const ROWS_PER_STATEMENT = 5_000;
/** Rest after a flush, in its own durations: at most a seventh of one connection goes to latest values. */
const REST = 6;
const RETRY_MS = 1_000;

/** The newest value of a point that was committed here; replayed values are mostly older and cost nothing more. */
interface PointLatest {
  row: Row;
}

interface MeterLatest {
  readonly id: number;
  newestTs: number;
  readonly points: Map<number, PointLatest>;
}

/**
 * Keeps `metering.latest` a moment behind the readings. A latest value costs the database as much as its reading does, so
 * under load it is written for the newest of many, not for each: the table lags by milliseconds on an idle server, by
 * seconds on one that is saturated. What a killed process had not written is found again from the readings at the next start.
 */
export class LatestValues {
  readonly #db: Db;
  readonly #log: Logger;
  readonly #meters = new Map<number, MeterLatest>();
  /** Newest values that are not in the table yet. */
  #pending = new Set<PointLatest>();
  #repaired = false;
  #stopped = false;
  #flushing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(db: Db, log: Logger) {
    this.#db = db;
    this.#log = log;
  }

  /** Repairs in the background: whoever reads the table meanwhile sees the values from before. */
  start(): void {
    this.#schedule(0);
  }

  /** Takes rows whose transaction is committed. Of equal times the first counts: it is the one that was stored. */
  committed(rows: readonly Row[]): void {
    let meter: MeterLatest | undefined;
    for (const row of rows) {
      // rows of a message are sorted by meter: most of them need no look-up
      if (meter?.id !== row.meterId) meter = this.#meter(row.meterId);
      if (row.ts > meter.newestTs) meter.newestTs = row.ts;
      const known = meter.points.get(row.point);
      if (!known) {
        const fresh = { row };
        meter.points.set(row.point, fresh);
        this.#pending.add(fresh);
      } else if (row.ts > known.row.ts) {
        known.row = row;
        this.#pending.add(known);
      }
    }
    this.#schedule(0);
  }

  /** Time of a meter's newest value that was committed here, epoch ms; minus infinity when there was none. */
  newestOf(meterId: number): number {
    return this.#meters.get(meterId)?.newestTs ?? Number.NEGATIVE_INFINITY;
  }

  /** Writes what is left, once. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#flushing;
    await this.#flush();
  }

  #meter(id: number): MeterLatest {
    const meter = this.#meters.get(id) ?? { id, newestTs: Number.NEGATIVE_INFINITY, points: new Map() };
    this.#meters.set(id, meter);
    return meter;
  }

  #schedule(pauseMs: number): void {
    if (this.#timer || this.#flushing || this.#stopped) return;
    if (this.#pending.size === 0 && this.#repaired) return;
    this.#timer = setTimeout(() => {
      const began = performance.now();
      this.#flushing = this.#flush().then((written) => {
        this.#flushing = undefined;
        this.#rest(written ? (performance.now() - began) * REST : RETRY_MS);
      });
    }, pauseMs);
  }

  /** The timer stays set while resting, so that new rows wait for it. */
  #rest(pauseMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#schedule(0);
    }, pauseMs);
    if (this.#stopped) clearTimeout(this.#timer);
  }

  /** @returns false when the database was away: nothing is lost, the next flush tries again */
  async #flush(): Promise<boolean> {
    const pending = this.#pending;
    this.#pending = new Set();
    try {
      if (!this.#repaired) {
        const repaired = await repairLatest(this.#db);
        if (repaired > 0) this.#log.info({ repaired }, 'latest values brought up to the readings');
        this.#repaired = true;
      }
      const rows = [...pending].map(({ row }) => row);
      for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT) {
        await upsertLatest(this.#db, rows.slice(at, at + ROWS_PER_STATEMENT));
      }
      return true;
    } catch (error) {
      this.#log.debug({ err: error }, 'latest values not written, tried again');
      for (const point of pending) this.#pending.add(point);
      return false;
    }
  }
}
