import { DAY, dayStart, HOUR, MINUTE } from '../../time.ts';
import type { Queryable } from '../queryable.ts';
import { type Maintenance, maintainStorage } from './maintain.ts';

/** 02:30 in Shanghai: after the day's last backlogs, before people come. */
const AT = 2 * HOUR + 30 * MINUTE;
/** A machine that sleeps at night is maintained when it wakes. */
const OVERDUE = DAY + 2 * HOUR;
const LOOK_MS = 5 * MINUTE;
/** Held while a round runs; ends with the connection. */
const NIGHTLY_LOCK = 72_190_420;

export interface NightlyOptions {
  /** A connection of the administrator's, which may act as ganzhi_owner; closed after each round. */
  connect: () => Promise<Queryable & { end(): Promise<void> }>;
  onRound: (done: Maintenance) => void;
  /** The database is away, or refuses: told each time; the next look tries again. */
  onError: (error: Error) => void;
  clock?: () => number;
  /** Pause between two looks at the clock. */
  lookMs?: number;
}

export interface Nightly {
  /** Ends after the round that is running. */
  stop(): Promise<void>;
}

/** True when the night's round has not run yet. @param lastAt start of the last round, epoch ms; undefined: never */
export function isDue(now: number, lastAt: number | undefined): boolean {
  if (lastAt === undefined) return true;
  const tonight = dayStart(now) + AT;
  return (now >= tonight && lastAt < tonight) || now - lastAt > OVERDUE;
}

/**
 * Storage maintenance once a night for as long as the process runs, and at once when the last round is more than a day ago. The
 * last round is known to the database, so a restart or a second process adds none.
 */
export function startNightly(options: NightlyOptions): Nightly {
  const { connect, onRound, onError, clock = Date.now, lookMs = LOOK_MS } = options;
  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    const client = await connect();
    try {
      await client.query('set role ganzhi_owner');
      // another process may be at it: whoever waits here finds the round done
      await client.query('select pg_advisory_lock($1)', [NIGHTLY_LOCK]);
      if (!isDue(clock(), await lastRound(client))) return;
      onRound(await maintainAndRecord(client, clock()));
    } finally {
      await client.end();
    }
  };
  const timer = setInterval(begin, lookMs);
  function begin(): void {
    looking ??= look()
      .catch(onError)
      .finally(() => {
        looking = undefined;
      });
  }
  begin();
  return {
    stop: async () => {
      clearInterval(timer);
      await looking;
    },
  };
}

/** One round, and a row that tells of it. @param client acting as ganzhi_owner */
export async function maintainAndRecord(client: Queryable, now: number): Promise<Maintenance> {
  const done = await maintainStorage(client, now);
  const removed = done.thinned.reduce((total, span) => total + span.removed, 0);
  await client.query(
    `insert into metering.storage_round (started_at, finished_at, compressed, removed, postponed, database_bytes)
     values ($1, greatest($1::timestamptz, clock_timestamp()), $2, $3, $4, pg_database_size(current_database()))
     on conflict (started_at) do nothing`,
    [new Date(now).toISOString(), done.compressed.length, removed, done.postponed.length],
  );
  return done;
}

async function lastRound(client: Queryable): Promise<number | undefined> {
  const { rows } = await client.query<{ at: number | null }>(
    'select extract(epoch from max(started_at))::float8 * 1000 as at from metering.storage_round',
  );
  return rows[0]?.at ?? undefined;
}
