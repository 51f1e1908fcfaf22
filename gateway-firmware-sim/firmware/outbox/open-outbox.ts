import { setImmediate as nextTurn } from 'node:timers/promises';
import { sealHarvest } from './batch.ts';
import { addLost, createEventQueue, type EventRow, type LossReason } from './events.ts';
import { type HealContext, healed, released } from './heal.ts';
import type { Depth, Healed, Lane, Lost, Outbox } from './outbox.ts';
import { demoted, type HeldRow, type Kept, type LetGo, openStore, type Row } from './store.ts';

export interface OutboxOptions {
  /** A file, made with its folders when missing. */
  path: string;
  maxBytes?: number;
  /** Room for batches that the disk does not take. */
  maxMemoryBytes?: number;
  /** Told when the disk refuses and when it takes again; the outbox goes on in both cases. */
  onTrouble?: (trouble: Error | undefined) => void;
  now?: () => number;
}

const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
const DEFAULT_MAX_MEMORY_BYTES = 16 * 1024 * 1024;
/** What was acknowledged leaves the disk within this time: one write for many. Sent twice is harmless, see `Outbox.remove`. */
const FORGET_WITHIN_MS = 50;
const TRY_AGAIN_MS = 1_000;
/** Batches given their right stamps in one turn of the event loop: some 20 ms. */
const HEALED_AT_A_TIME = 10;
/** How often a confirmed time is noted: the last one known before a reboot bounds what happened after. */
const NOTE_TIME_EVERY_MS = 10_000;

/**
 * Opens the outbox of a gateway. When `append` returns, its batches survive kill -9 and power loss, unless the disk takes
 * nothing more: then they wait in memory, bounded, and the trouble is told.
 */
export function openOutbox(options: OutboxOptions): Outbox {
  const { path, maxMemoryBytes = DEFAULT_MAX_MEMORY_BYTES, onTrouble } = options;
  let { maxBytes = DEFAULT_MAX_BYTES } = options;
  const now = options.now ?? Date.now;
  const { store, damaged } = openStore(path);

  // Not yet on disk. Usually empty: everything is written at once, acknowledgements a moment later.
  const unwritten = {
    insert: [] as Kept[],
    remove: new Set<number>(),
    notes: new Map<string, string>(),
    events: new Map<number, EventRow | undefined>(),
  };
  let memoryBytes = 0;
  let trouble: { error: Error; since: number; batches: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const noteOf = (key: string) => unwritten.notes.get(key) ?? store.note(key);
  // A batch is one number higher than its id everywhere, so that a cursor can start at 0.
  let seq = Math.max(Number(noteOf('seq') ?? 0), store.lastId());
  const depths = store.totals();
  const depthOf = (lane: Lane): Depth => depths.get(lane) ?? { batches: 0, readings: 0, bytes: 0 };
  const count = (lane: Lane, sign: 1 | -1, { bytes, readings }: Pick<Row, 'bytes' | 'readings'>) => {
    const depth = depthOf(lane);
    depths.set(lane, {
      batches: depth.batches + sign,
      bytes: depth.bytes + sign * bytes,
      readings: depth.readings + sign * readings,
    });
  };
  const total = (): Depth => {
    const sum = { batches: 0, readings: 0, bytes: 0 };
    for (const { batches, readings, bytes } of depths.values()) {
      sum.batches += batches;
      sum.readings += readings;
      sum.bytes += bytes;
    }
    return sum;
  };
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of listeners) listener();
  };

  const later = (ms: number) => {
    if (closed) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      flush();
    }, ms).unref();
  };
  const events = createEventQueue(store.events(), (id, row) => {
    unwritten.events.set(id, row);
    later(FORGET_WITHIN_MS);
  });

  const flush = () => {
    const { insert, remove, notes, events: rows } = unwritten;
    if (insert.length + remove.size + notes.size + rows.size === 0) return;
    try {
      store.write(unwritten);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      if (!trouble) onTrouble?.(error);
      trouble = { error, since: trouble?.since ?? now(), batches: Math.max(trouble?.batches ?? 0, insert.length) };
      boundMemory();
      later(TRY_AGAIN_MS);
      return;
    }
    insert.length = 0;
    memoryBytes = 0;
    for (const part of [remove, notes, rows]) part.clear();
    if (trouble) recovered(trouble);
  };

  const recovered = ({ error, since, batches }: NonNullable<typeof trouble>) => {
    trouble = undefined;
    const detail = { reason: error.message, sinceAt: since, batchesKeptInMemory: batches };
    events.add({ v: 1, at: now(), kind: 'outbox-disk-trouble', detail });
    onTrouble?.(undefined);
  };

  /** Takes what is only in memory out of it. */
  const forgetUnwritten = (at: number): Kept | undefined => {
    const [gone] = unwritten.insert.splice(at, 1);
    if (gone) memoryBytes -= gone.bytes;
    return gone;
  };

  const lose = (reason: LossReason, gone: readonly (Row & { oldestAt: number; newestAt: number })[]): Lost => {
    let lost: Lost = { batches: 0, readings: 0 };
    for (const { lane, bytes, readings, oldestAt, newestAt } of gone) {
      count(lane, -1, { bytes, readings });
      lost = addLost(lost, { batches: 1, readings, fromAt: oldestAt, toAt: newestAt });
    }
    if (lost.batches === 0) return lost;
    unwritten.notes.set('dropped', String(Number(noteOf('dropped') ?? 0) + lost.batches));
    events.addLoss(reason, lost, now());
    return lost;
  };

  const boundMemory = () => {
    const gone: Kept[] = [];
    while (memoryBytes > maxMemoryBytes) {
      const oldest = forgetUnwritten(0);
      if (!oldest) break;
      gone.push(oldest);
    }
    lose('memory', gone);
  };

  /** Batches on disk, oldest first, for which `wanted` holds; what is not on disk yet is newer. */
  const dropWhile = (reason: LossReason, wanted: (newestAt: number, freed: number) => boolean): Lost => {
    const gone: (Row & { oldestAt: number; newestAt: number })[] = [];
    let freed = 0;
    for (const row of store.oldest()) {
      if (unwritten.remove.has(row.id)) continue;
      if (!wanted(row.newestAt, freed)) break;
      freed += row.bytes;
      gone.push(row);
    }
    for (const { id } of gone) unwritten.remove.add(id);
    return lose(reason, gone);
  };

  const letGo = (rows: readonly HeldRow[], batches: readonly LetGo[]) => {
    store.letGo(batches);
    for (const [i, row] of rows.entries()) {
      const batch = batches[i];
      if (!batch) continue;
      count('held', -1, row);
      count(batch.lane, 1, { bytes: batch.bytes, readings: row.readings });
    }
    changed();
  };
  /** In turns, so that a night's worth of batches delays no read; what a crash leaves is healed after the next start. */
  const letGoAll = async (context: HealContext): Promise<Healed> => {
    const sum: Healed = { batches: 0, unchecked: 0, flagged: 0 };
    flush();
    const rows = store.held().filter(({ id }) => !unwritten.remove.has(id));
    for (let at = 0; at < rows.length && !closed; at += HEALED_AT_A_TIME) {
      const part = rows.slice(at, at + HEALED_AT_A_TIME).filter(({ id }) => !unwritten.remove.has(id));
      const outcomes = part.map((row) => healed(row, () => store.payload(row.id), rows, context));
      letGo(
        part,
        outcomes.map(({ batch }) => batch),
      );
      for (const { fate } of outcomes) sum[fate] += 1;
      await nextTurn();
    }
    return sum;
  };

  if (damaged !== undefined) {
    events.add({ v: 1, at: now(), kind: 'outbox-damaged', detail: { setAside: damaged } });
  }

  return {
    append(lane, harvest, madeAt, note, stamp) {
      const sealed = sealHarvest(harvest, { seq, replay: lane === 'backlog', now: madeAt });
      const doubtful = stamp !== undefined && stamp.state !== 'confirmed' ? stamp : undefined;
      const into: Lane = doubtful ? 'held' : lane;
      seq += sealed.length;
      for (const batch of sealed) {
        unwritten.insert.push({ ...batch, id: batch.seq + 1, lane: into, madeAt, stamp: doubtful });
        memoryBytes += batch.bytes;
        count(into, 1, batch);
      }
      if (stamp?.state === 'confirmed' && madeAt - Number(noteOf('confirmed-at') ?? 0) >= NOTE_TIME_EVERY_MS) {
        unwritten.notes.set('confirmed-at', String(madeAt));
      }
      unwritten.notes.set('seq', String(seq));
      if (note) unwritten.notes.set(note.key, note.value);
      const over = total().bytes - maxBytes;
      const lost = over > 0 ? dropWhile('bytes', (_, freed) => freed < over) : { batches: 0, readings: 0 };
      flush();
      changed();
      return lost;
    },
    heal: (truth) => {
      const knownAt = noteOf('confirmed-at');
      return letGoAll({ truth, now: now(), knownAt: knownAt === undefined ? undefined : Number(knownAt) });
    },
    release() {
      flush();
      const rows = store.held().filter(({ id, unset }) => !unset && !unwritten.remove.has(id));
      if (rows.length === 0) return;
      letGo(
        rows,
        rows.map((row) => released(row, store.payload(row.id))),
      );
    },
    next(lane, afterId, limit) {
      const found = store.next(lane, afterId, limit + unwritten.remove.size);
      const kept = found.filter(({ id }) => !unwritten.remove.has(id));
      const inMemory = unwritten.insert.filter((batch) => batch.lane === lane && batch.id > afterId);
      return [...kept, ...inMemory].slice(0, limit);
    },
    remove(batch) {
      const at = unwritten.insert.findIndex((kept) => kept.batch === batch);
      const row = at >= 0 ? forgetUnwritten(at) : store.find(batch);
      if (!row || unwritten.remove.has(row.id)) return false;
      if (at < 0) unwritten.remove.add(row.id);
      count(row.lane, -1, row);
      later(FORGET_WITHIN_MS);
      changed();
      return true;
    },
    demote(madeBefore, sentUpTo) {
      const old = store.unsentLive(sentUpTo, madeBefore).filter(({ id }) => !unwritten.remove.has(id));
      if (old.length > 0 && !trouble) store.demote(old.map(({ id }) => id));
      const moved: Row[] = trouble ? [] : old;
      for (const [at, kept] of unwritten.insert.entries()) {
        if (kept.lane !== 'live' || kept.id <= sentUpTo || kept.madeAt >= madeBefore) continue;
        unwritten.insert[at] = demoted(kept);
        moved.push(kept);
      }
      for (const row of moved) {
        count('live', -1, row);
        count('backlog', 1, row);
      }
      return moved.length;
    },
    expire(before) {
      const lost = dropWhile('age', (newestAt) => newestAt < before);
      if (lost.batches > 0) flush();
      return lost;
    },
    limit(bytes) {
      maxBytes = bytes;
    },
    depth(lane) {
      if (lane) return { ...depthOf(lane) };
      return total();
    },
    oldestAt() {
      const heads = [store.oldestAt('live'), store.oldestAt('backlog'), unwritten.insert[0]?.oldestAt];
      const known = heads.filter((t) => t !== undefined);
      return known.length === 0 || total().batches === 0 ? undefined : Math.min(...known);
    },
    note: noteOf,
    droppedBatches: () => Number(noteOf('dropped') ?? 0),
    events,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      closed = true;
      clearTimeout(timer);
      listeners.clear();
      flush();
      store.close();
    },
  };
}
