import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { cutHarvest, type Harvest, sealBatch } from './batch.ts';

/** Live batches go out first; backlog is what happened before (history, an outage's replay). */
export type Lane = 'live' | 'backlog';
const LANES: Record<Lane, number> = { live: 0, backlog: 1 };

export interface Depth {
  batches: number;
  readings: number;
  bytes: number;
}

export interface StoredBatch {
  id: number;
  batch: string;
  payload: string;
}

export interface Dropped {
  batches: number;
  readings: number;
}

/**
 * The gateway's memory: batches wait here until the server says "stored".
 *
 * SQLite with a write-ahead log and `synchronous=FULL`: when `append` returns, the batch survives kill -9 and power loss.
 * Bounded by bytes: when full, the oldest batches go, counted and reported, never silently.
 */
export interface Outbox {
  /**
   * Stores a harvest as one or more batches in one transaction, together with a note when given (a producer's cursor).
   * @returns what had to be dropped to make room
   */
  append(lane: Lane, harvest: Harvest, now: number, note?: { key: string; value: string }): Dropped;
  /** Batches of a lane after `afterId`, oldest first. */
  next(lane: Lane, afterId: number, limit: number): StoredBatch[];
  /** Forgets a batch; false when it is not (or no longer) here. */
  remove(batch: string): boolean;
  depth(lane?: Lane): Depth;
  /** Earliest reading time of the lane heads, or undefined when empty. */
  oldestAt(): number | undefined;
  note(key: string): string | undefined;
  /** Batches dropped since the outbox was made. */
  droppedBatches(): number;
  /** Called after every append and remove; returns the way to stop listening. */
  onChange(listener: () => void): () => void;
  close(): void;
}

export interface OutboxOptions {
  /** A file, made with its folders when missing. */
  path: string;
  maxBytes?: number;
}

const SCHEMA = `
  pragma journal_mode = wal;
  pragma synchronous = full;
  pragma cache_size = -512;
  create table if not exists batch (
    id integer primary key autoincrement,
    lane integer not null,
    batch text not null unique,
    payload text not null,
    bytes integer not null,
    readings integer not null,
    oldest_at integer not null
  );
  create index if not exists batch_by_lane on batch (lane, id);
  create table if not exists note (key text primary key, value text not null) without rowid;
`;

const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;

export function openOutbox({ path, maxBytes = DEFAULT_MAX_BYTES }: OutboxOptions): Outbox {
  mkdirSync(dirname(path), { recursive: true });
  const db = new DatabaseSync(path);
  db.exec(SCHEMA);
  const insert = db.prepare(
    'insert into batch (lane, batch, payload, bytes, readings, oldest_at) values (?, ?, ?, ?, ?, ?)',
  );
  const selectNext = db.prepare('select id, batch, payload from batch where lane = ? and id > ? order by id limit ?');
  const removeOne = db.prepare('delete from batch where batch = ? returning lane, bytes, readings');
  const removeOldest = db.prepare(
    'delete from batch where id = (select min(id) from batch) returning lane, bytes, readings',
  );
  const head = db.prepare('select oldest_at from batch where lane = ? order by id limit 1');
  const readNote = db.prepare('select value from note where key = ?');
  const writeNote = db.prepare('insert into note values (?, ?) on conflict (key) do update set value = excluded.value');

  // Depth is asked for at every metrics scrape and heartbeat: counted once here, kept up to date in memory.
  const depths = [emptyDepth(), emptyDepth()];
  const totals = db.prepare(
    'select lane, count(*) n, sum(bytes) bytes, sum(readings) readings from batch group by lane',
  );
  for (const row of totals.all()) {
    depths[Number(row.lane)] = { batches: Number(row.n), bytes: Number(row.bytes), readings: Number(row.readings) };
  }
  const depthOf = (lane: number): Depth => depths[lane] ?? emptyDepth();
  const count = (lane: number, sign: 1 | -1, bytes: number, readings: number) => {
    const { batches, ...rest } = depthOf(lane);
    depths[lane] = {
      batches: batches + sign,
      bytes: rest.bytes + sign * bytes,
      readings: rest.readings + sign * readings,
    };
  };
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of listeners) listener();
  };
  const noteOf = (key: string) => readNote.get(key)?.value as string | undefined;

  const makeRoom = (): Dropped => {
    const dropped = { batches: 0, readings: 0 };
    while (depthOf(0).bytes + depthOf(1).bytes > maxBytes) {
      const gone = removeOldest.get();
      if (!gone) break;
      count(Number(gone.lane), -1, Number(gone.bytes), Number(gone.readings));
      dropped.batches += 1;
      dropped.readings += Number(gone.readings);
    }
    if (dropped.batches > 0) writeNote.run('dropped', String(Number(noteOf('dropped') ?? 0) + dropped.batches));
    return dropped;
  };

  const appendAll = (lane: Lane, harvest: Harvest, now: number): void => {
    let seq = Number(noteOf('seq') ?? 0);
    for (const part of cutHarvest(harvest)) {
      const { batch, payload, readings, oldestAt } = sealBatch(part, seq, lane === 'backlog', now);
      const bytes = Buffer.byteLength(payload);
      insert.run(LANES[lane], batch, payload, bytes, readings, oldestAt);
      count(LANES[lane], 1, bytes, readings);
      seq += 1;
    }
    writeNote.run('seq', String(seq));
  };

  return {
    append(lane, harvest, now, note) {
      const before = depths.map((depth) => ({ ...depth }));
      db.exec('begin immediate');
      try {
        appendAll(lane, harvest, now);
        if (note) writeNote.run(note.key, note.value);
        const dropped = makeRoom();
        db.exec('commit');
        changed();
        return dropped;
      } catch (cause) {
        db.exec('rollback');
        depths.splice(0, depths.length, ...before);
        throw cause;
      }
    },
    next: (lane, afterId, limit) =>
      selectNext.all(LANES[lane], afterId, limit).map(({ id, batch, payload }) => ({
        id: Number(id),
        batch: String(batch),
        payload: String(payload),
      })),
    remove(batch) {
      const gone = removeOne.get(batch);
      if (!gone) return false;
      count(Number(gone.lane), -1, Number(gone.bytes), Number(gone.readings));
      changed();
      return true;
    },
    depth(lane) {
      if (lane) return { ...depthOf(LANES[lane]) };
      const [live, backlog] = [depthOf(0), depthOf(1)];
      return {
        batches: live.batches + backlog.batches,
        readings: live.readings + backlog.readings,
        bytes: live.bytes + backlog.bytes,
      };
    },
    oldestAt() {
      const heads = Object.values(LANES).flatMap((lane) => head.get(lane)?.oldest_at ?? []);
      return heads.length === 0 ? undefined : Math.min(...heads.map(Number));
    },
    note: noteOf,
    droppedBatches: () => Number(noteOf('dropped') ?? 0),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      listeners.clear();
      db.close();
    },
  };
}

const emptyDepth = (): Depth => ({ batches: 0, readings: 0, bytes: 0 });
