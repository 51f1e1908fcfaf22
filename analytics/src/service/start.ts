import { GanzhiError, SECOND } from '@ganzhi/schemas';
import { assertMigrated, type Db, openDatabase } from '@ganzhi/schemas/db';
import { serveHealth } from '@ganzhi/schemas/health';
import type { Logger } from 'pino';
import { detectInDatabase } from '../alarm/detect.ts';
import { type Alarms, startAlarms } from '../alarm/start.ts';
import { startEnergy } from '../energy/start.ts';
import { LANES, MARKS_PER_ROUND } from '../ledger/marks.ts';
import type { Round } from '../ledger/recompute.ts';
import { startRollouts } from '../rollout/judge.ts';
import { estimateSpans } from '../vee/estimate.ts';
import { estimateOpenGaps } from '../vee/open.ts';
import { startLoop } from './loop.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { startNightly } from './nightly.ts';
import { startOpenGaps } from './open-gaps.ts';
import { createRounds } from './rounds.ts';

export interface AnalyticsOptions {
  readonly databaseUrl: string;
  readonly httpHost: string;
  /** 0: any free port. */
  readonly httpPort: number;
  /** Pause between two looks for changed hours. */
  readonly tickMs: number;
  /** Epoch milliseconds; written as known_since. */
  readonly clock?: () => number;
  readonly logger: Logger;
}

export interface Analytics {
  readonly httpPort: number;
  /** Resolves when no mark waits that was there at the call: the ledger shows all readings stored before. */
  settle(): Promise<void>;
  /**
   * Estimates what silent registers used up to an instant, as the service does by itself every ten minutes.
   *
   * @returns registers estimated anew or further
   */
  estimateSilent(now: number): Promise<number>;
  /**
   * Looks for alarms now, as the service does by itself every two minutes.
   *
   * @returns how many institutions were looked at, and what changed
   */
  lookForAlarms: Alarms['look'];
  stop(): Promise<void>;
}

/**
 * Starts the service that keeps hours, spans and days up to date with the readings.
 *
 * @throws GanzhiError `database-unreachable`, `database-too-old`, `database-behind`, `port-taken`, `no-permission`
 */
export async function startAnalytics(options: AnalyticsOptions): Promise<Analytics> {
  const { databaseUrl, httpHost, httpPort, tickMs, clock = Date.now, logger } = options;
  const onError = (error: Error) => logger.warn({ err: error }, 'a database connection broke; it is replaced');
  const db = await openDatabase({
    url: databaseUrl,
    role: 'ganzhi_analytics',
    name: 'ganzhi analytics',
    // the lanes of the ledger, what stands above it, the nightly proof, roll-outs, alarms
    max: LANES + 5,
    onError,
  });
  const metrics = createMetrics();
  const rounds = createRounds(db, clock, logger);
  let lastFailed = false;
  let newestTs = Number.NEGATIVE_INFINITY;

  const runRound = async (): Promise<Round> => {
    const stopTimer = metrics.duration.startTimer({ queue: 'ledger' });
    const round = await rounds.run();
    if (round.marks > 0) {
      stopTimer();
      // a backfill must not turn the watermark back
      newestTs = Math.max(newestTs, round.newestTs ?? newestTs);
      count(metrics, round, newestTs);
      await moveWatermark(db, newestTs, clock());
      logger.debug({ round }, 'ledger round');
    }
    // hours that will be recomputed anyway are no like days: estimates wait while marks do
    if (round.marks < MARKS_PER_ROUND) await estimateSpans(db, { now: clock() });
    return round;
  };
  const round = async (): Promise<Round | undefined> => {
    try {
      const result = await runRound();
      if (lastFailed) logger.info('ledger rounds work again');
      lastFailed = false;
      return result;
    } catch (error) {
      metrics.jobs.inc({ queue: 'ledger', result: 'failed' });
      if (!lastFailed) logger.error({ err: error }, 'ledger round failed; it is tried again');
      lastFailed = true;
      return undefined;
    }
  };

  try {
    await assertMigrated(db);
    const http = await serveHealth({
      host: httpHost,
      port: httpPort,
      setting: 'GANZHI_ANALYTICS_HTTP_PORT',
      metrics: async () => {
        metrics.heldBack.set(rounds.heldBack().length);
        // an unreachable database must not hide the other metrics
        await waitingMarks(db).then(
          (marks) => metrics.dirtyMarks.set(marks),
          () => undefined,
        );
        return metrics.registry.metrics();
      },
      checks: () => [
        { name: 'database', run: () => db.query('select 1') },
        {
          name: 'ledger',
          run: async () => {
            if (lastFailed)
              throw new GanzhiError('unavailable', 'the last round failed and is tried again; the log says why');
          },
        },
      ],
    });
    const loop = startLoop({ tickMs, round });
    const nightly = startNightly(db, clock, metrics, logger);
    const energy = startEnergy({ db, clock, tickMs, logger });
    const openGaps = startOpenGaps(db, clock, logger);
    const rollouts = startRollouts(db, clock, logger);
    const alarms = startAlarms({ db, detect: detectInDatabase, clock, logger });
    return {
      httpPort: http.port,
      settle: async () => {
        await energy.bookManual();
        while ((await runRound()).marks > 0);
        await energy.settle();
      },
      lookForAlarms: alarms.look,
      estimateSilent: (now) => estimateOpenGaps(db, { now }),
      stop: async () => {
        await alarms.stop();
        await rollouts.stop();
        await openGaps.stop();
        await nightly.stop();
        await energy.stop();
        await loop.stop();
        await http.stop();
        await db.end();
      },
    };
  } catch (error) {
    await db.end();
    throw error;
  }
}

function count(metrics: Metrics, round: Round, newestTs: number): void {
  metrics.jobs.inc({ queue: 'ledger', result: 'ok' });
  metrics.rows.inc({ table: 'hour' }, round.hours);
  metrics.rows.inc({ table: 'span' }, round.spans);
  metrics.rows.inc({ table: 'day' }, round.days);
  metrics.watermark.set({ level: 'hour' }, newestTs / SECOND);
}

/** Kept in the database too: a reader of figures asks there how current they are. */
async function moveWatermark(db: Db, newestTs: number, now: number): Promise<void> {
  await db.query(
    `insert into ledger.watermark (level, newest_ts, waiting, at)
     select 'hour', $1, (select count(*) from metering.dirty_span), $2
     on conflict (level) do update set newest_ts = greatest(watermark.newest_ts, excluded.newest_ts),
       waiting = excluded.waiting, at = excluded.at`,
    [new Date(newestTs), new Date(now)],
  );
}

async function waitingMarks(db: Db): Promise<number> {
  const { rows } = await db.query<{ n: number }>('select count(*)::int4 as n from metering.dirty_span');
  return rows[0]?.n ?? 0;
}
