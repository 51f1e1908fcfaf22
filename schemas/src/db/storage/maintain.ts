import { SECOND } from '../../time.ts';
import type { Queryable } from '../queryable.ts';
import { storageChunks } from './report.ts';

export interface Maintenance {
  /** Months made sure of, epoch ms of their first instant. */
  ahead: number[];
  /** Chunks compressed, epoch ms of their first instant. */
  compressed: number[];
  /** Months or chunks whose unbooked readings were removed. */
  thinned: { fromTs: number; toTs: number; removed: number }[];
  /** Those that were due but in use; the next run tries them again. */
  postponed: number[];
}

const SERIES = ['metering.reading', 'ledger.hour'];
const MONTHS_AHEAD = 2;
/** A month that is locked for longer than a moment is in use: better to come back tomorrow than to stand in a queue. */
const LOCK_TIMEOUT_MS = 5 * SECOND;
const LOCK_NOT_AVAILABLE = '55P03';
const MAINTENANCE_LOCK = 72_190_419;

/**
 * One round of storage maintenance, on a connection of the owner's: partitions of the next months, the policy on readings
 * that the ledger does not book, compression where the flavour has it. Booked counters are never removed.
 *
 * Safe to run at any time and twice at once; each month is a transaction of its own, and one that is in use is postponed.
 *
 * @param client one connection (not a pool) acting as ganzhi_owner
 * @param now epoch ms
 */
export async function maintainStorage(
  client: Queryable,
  now: number,
  { lockTimeoutMs = LOCK_TIMEOUT_MS }: { lockTimeoutMs?: number } = {},
): Promise<Maintenance> {
  const maintenance: Maintenance = {
    ahead: await partitionsAhead(client, now),
    compressed: [],
    thinned: [],
    postponed: [],
  };
  const { unbookedBefore, compressBefore, thinned } = await readPolicy(client, now);
  const readings = (await storageChunks(client)).filter(({ series }) => series === 'metering.reading');
  const inTransaction = async (fromTs: number, work: () => Promise<void>): Promise<void> => {
    if (!(await unlessInUse(client, lockTimeoutMs, work))) maintenance.postponed.push(fromTs);
  };
  for (const { fromTs, toTs } of readings) {
    if (unbookedBefore === null || toTs > unbookedBefore || thinned.has(fromTs)) continue;
    await inTransaction(fromTs, async () => {
      maintenance.thinned.push({ fromTs, toTs, removed: await thin(client, fromTs, toTs) });
    });
  }
  for (const { fromTs, toTs, compressed } of readings) {
    if (compressed !== false || toTs > compressBefore) continue;
    await inTransaction(fromTs, async () => {
      await client.query('select metering.compress_chunk($1)', [instant(fromTs)]);
      maintenance.compressed.push(fromTs);
    });
  }
  return maintenance;
}

async function readPolicy(client: Queryable, now: number) {
  const { rows } = await client.query<{ unbookedBefore: number | null; compressBefore: number }>(
    `select extract(epoch from $1::timestamptz - unbooked_kept)::float8 * 1000 as "unbookedBefore",
       extract(epoch from $1::timestamptz - compress_after)::float8 * 1000 as "compressBefore"
     from metering.storage_policy`,
    [instant(now)],
  );
  const done = await client.query<{ fromTs: number }>(
    'select extract(epoch from from_ts)::float8 * 1000 as "fromTs" from metering.thinned',
  );
  return {
    unbookedBefore: rows[0]?.unbookedBefore ?? null,
    compressBefore: rows[0]?.compressBefore ?? Number.NEGATIVE_INFINITY,
    thinned: new Set(done.rows.map(({ fromTs }) => fromTs)),
  };
}

/** Makes the partitions of this month and the next ones, so that nobody has to lock the parent when a month begins. */
async function partitionsAhead(client: Queryable, now: number): Promise<number[]> {
  const today = new Date(now);
  const months = Array.from({ length: MONTHS_AHEAD + 1 }, (_, n) =>
    Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + n, 1),
  );
  for (const month of months) {
    for (const series of SERIES) {
      await client.query('select metering.ensure_partition($1::regclass, $2)', [series, instant(month)]);
    }
  }
  return months;
}

/** Removes the unbooked readings of a span and their revisions. @returns readings removed */
async function thin(client: Queryable, fromTs: number, toTs: number): Promise<number> {
  const span = [instant(fromTs), instant(toTs)];
  const { rows } = await client.query<{ removed: number }>(
    'select metering.thin_chunk($1, $2)::float8 as removed',
    span,
  );
  const removed = rows[0]?.removed ?? 0;
  await client.query(
    `delete from metering.reading_revision
     where ts >= $1::timestamptz and ts < $2::timestamptz and not point = any(registry.booked_points())`,
    span,
  );
  await client.query(
    'insert into metering.thinned (from_ts, to_ts, removed) values ($1, $2, $3) on conflict (from_ts) do nothing',
    [...span, removed],
  );
  return removed;
}

/** One transaction. @returns false when what it needs is locked by somebody else: nothing has happened then */
async function unlessInUse(client: Queryable, lockTimeoutMs: number, work: () => Promise<void>): Promise<boolean> {
  await client.query('begin');
  try {
    await client.query(`set local lock_timeout = ${lockTimeoutMs}`);
    await client.query('select pg_advisory_xact_lock($1)', [MAINTENANCE_LOCK]);
    await work();
    await client.query('commit');
    return true;
  } catch (error) {
    await client.query('rollback');
    if ((error as { code?: string }).code === LOCK_NOT_AVAILABLE) return false;
    throw error;
  }
}

const instant = (ts: number): string => new Date(ts).toISOString();
