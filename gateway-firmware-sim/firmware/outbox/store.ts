import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { GatewayEvent } from '@ganzhi/schemas';
import { asReplay, type SealedBatch } from './batch.ts';
import type { EventRow, LossReason } from './events.ts';
import type { Depth, Lane, Stamp, StoredBatch } from './outbox.ts';
import { SCHEMA, SQL, TAKE_OVER } from './sql.ts';

const LANES: readonly Lane[] = ['live', 'backlog', 'held'];
const numberOf = (lane: Lane): number => LANES.indexOf(lane);
const nameOf = (lane: unknown): Lane => LANES[Number(lane)] ?? 'backlog';

/** A batch on its way to disk. */
export interface Kept extends SealedBatch {
  id: number;
  lane: Lane;
  madeAt: number;
  /** Of a batch that is held back. */
  stamp?: Stamp | undefined;
}

/** A batch that is held back, without its contents. */
export interface HeldRow extends Row {
  bootId: string;
  offsetMs: number;
  unset: boolean;
  oldestAt: number;
  newestAt: number;
}

/** A batch that is let go, with other contents where its stamps were wrong. */
export interface LetGo {
  id: number;
  lane: Lane;
  payload: string;
  bytes: number;
  oldestAt: number;
  newestAt: number;
}

/** What is known of a stored batch without reading it. */
export interface Row {
  id: number;
  lane: Lane;
  bytes: number;
  readings: number;
}

/** All that is to change, in one transaction. */
export interface Changes {
  insert: readonly Kept[];
  remove: Iterable<number>;
  notes: ReadonlyMap<string, string>;
  /** By id; undefined removes. */
  events: ReadonlyMap<number, EventRow | undefined>;
}

/** SQLite under the outbox: write-ahead log, `synchronous=FULL`; after `write` the changes survive kill -9 and power loss. */
export interface Store {
  /** All or nothing. @throws when the disk does not take it */
  write(changes: Changes): void;
  demote(ids: readonly number[]): void;
  held(): HeldRow[];
  payload(id: number): string;
  letGo(batches: readonly LetGo[]): void;
  next(lane: Lane, afterId: number, limit: number): StoredBatch[];
  find(batch: string): Row | undefined;
  oldest(): Iterable<Row & { oldestAt: number; newestAt: number }>;
  unsentLive(sentUpTo: number, madeBefore: number): Row[];
  oldestAt(lane: Lane): number | undefined;
  totals(): Map<Lane, Depth>;
  lastId(): number;
  note(key: string): string | undefined;
  events(): EventRow[];
  close(): void;
}

/** A file that SQLite calls damaged is set aside under the name returned in `damaged`, for whoever wants to look; a new one begins. */
export function openStore(path: string): { store: Store; damaged: string | undefined } {
  mkdirSync(dirname(path), { recursive: true });
  try {
    return { store: openSound(path), damaged: undefined };
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    const damaged = `${path}.damaged-${Math.trunc(statSync(path).mtimeMs)}`;
    renameSync(path, damaged);
    for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
    return { store: openSound(path), damaged };
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB (sqlite.org/rescode.html). */
const isDamage = (cause: unknown): boolean => {
  const { errcode } = cause as { errcode?: number };
  return errcode !== undefined && [11, 26].includes(errcode & 0xff);
};

function openSound(path: string): Store {
  const db = new DatabaseSync(path);
  try {
    db.exec(SCHEMA);
    const older = db.prepare(`select 1 from sqlite_schema where type = 'table' and name = 'batch'`).get();
    if (older) transaction(db, () => db.exec(TAKE_OVER));
    return storeOn(db);
  } catch (cause) {
    db.close();
    throw cause;
  }
}

function transaction(db: DatabaseSync, act: () => void): void {
  db.exec('begin immediate');
  try {
    act();
    db.exec('commit');
  } catch (cause) {
    // SQLite itself takes a transaction back when the disk fails it.
    if (db.isTransaction) db.exec('rollback');
    throw cause;
  }
}

function storeOn(db: DatabaseSync): Store {
  const sql = (name: keyof typeof SQL) => db.prepare(SQL[name]);
  const insert = sql('insert');
  const remove = sql('remove');
  const next = sql('next');
  const find = sql('find');
  const head = sql('head');
  const live = sql('live');
  const demote = sql('demote');
  const readNote = sql('readNote');
  const writeNote = sql('writeNote');
  const writeEvent = sql('writeEvent');
  const removeEvent = sql('removeEvent');
  const hold = sql('hold');
  const letGo = sql('letGo');
  const payloadOf = sql('payload');
  const restamp = sql('restamp');

  const writeAll = (changes: Changes) => {
    // First what frees pages: a full file has room for a new batch then.
    for (const id of changes.remove) {
      remove.run(id);
      letGo.run(id);
    }
    for (const { id, lane, madeAt, oldestAt, newestAt, readings, bytes, batch, payload, stamp } of changes.insert) {
      insert.run(id, numberOf(lane), madeAt, oldestAt, newestAt, readings, bytes, batch, payload);
      if (stamp) hold.run(id, stamp.bootId, stamp.offsetMs, stamp.state === 'unset' ? 1 : 0);
    }
    for (const [key, value] of changes.notes) writeNote.run(key, value);
    for (const [id, row] of changes.events) {
      if (row) writeEvent.run(id, row.loss ?? null, JSON.stringify(row.event));
      else removeEvent.run(id);
    }
  };

  return {
    write(changes) {
      try {
        transaction(db, () => writeAll(changes));
      } catch {
        // On a full disk the log itself may stand in the way: emptied into the file it can be written from its start.
        db.exec('pragma wal_checkpoint(truncate)');
        transaction(db, () => writeAll(changes));
      }
    },
    demote: (ids) =>
      transaction(db, () => {
        for (const id of ids) demote.run(id);
      }),
    held: () =>
      sql('held')
        .all()
        .map((row) => ({
          ...rowOf({ ...row, lane: numberOf('held') }),
          bootId: String(row.boot),
          offsetMs: Number(row.offset_ms),
          unset: Number(row.unset) === 1,
          oldestAt: Number(row.oldest_at),
          newestAt: Number(row.newest_at),
        })),
    payload: (id) => String(payloadOf.get(id)?.payload),
    letGo: (batches) =>
      transaction(db, () => {
        for (const { id, lane, payload, bytes, oldestAt, newestAt } of batches) {
          restamp.run(numberOf(lane), payload, bytes, oldestAt, newestAt, id);
          letGo.run(id);
        }
      }),
    next: (lane, afterId, limit) =>
      next.all(numberOf(lane), afterId, limit).map(({ id, batch, payload, readings }) => ({
        id: Number(id),
        batch: String(batch),
        payload: String(payload),
        readings: Number(readings),
      })),
    find(batch) {
      const row = find.get(batch);
      return row && rowOf(row);
    },
    *oldest() {
      for (const row of sql('oldest').iterate()) {
        yield { ...rowOf(row), oldestAt: Number(row.oldest_at), newestAt: Number(row.newest_at) };
      }
    },
    unsentLive: (sentUpTo, madeBefore) => live.all(sentUpTo, madeBefore).map((row) => rowOf({ ...row, lane: 0 })),
    oldestAt(lane) {
      const row = head.get(numberOf(lane));
      return row && Number(row.oldest_at);
    },
    totals: () =>
      new Map(
        sql('totals')
          .all()
          .map(({ lane, n, bytes, readings }) => [
            nameOf(lane),
            { batches: Number(n), bytes: Number(bytes), readings: Number(readings) },
          ]),
      ),
    lastId: () => Number(sql('lastId').get()?.id ?? 0),
    note: (key) => readNote.get(key)?.value as string | undefined,
    events: () =>
      sql('events')
        .all()
        .map(({ id, loss, body }) => ({
          id: Number(id),
          loss: (loss ?? undefined) as LossReason | undefined,
          event: JSON.parse(String(body)) as GatewayEvent,
        })),
    close: () => db.close(),
  };
}

const rowOf = ({ id, lane, bytes, readings }: Record<string, unknown>): Row => ({
  id: Number(id),
  lane: nameOf(lane),
  bytes: Number(bytes),
  readings: Number(readings),
});

/** A batch that never reached the disk changes lanes where it is. */
export const demoted = (kept: Kept): Kept => ({ ...kept, lane: 'backlog', payload: asReplay(kept.payload) });
