import { setTimeout as sleep } from 'node:timers/promises';
import { addDays } from '@ganzhi/analytics/rules';
import { dateText, HOUR, MINUTE } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import { firstDay } from '../../lib/day.ts';
import { allowedUrl } from '../../lib/outbound.ts';
import { hoursOf } from './feed-answer.ts';
import { feedFailed, feedSucceeded, oldestProvisional, stationExists, storeHours } from './sql.ts';

const LIMIT_MS = 15_000;
const LARGEST_BYTES = 2 * 1024 * 1024;
const EVERY_MS = HOUR;
/** Asked for anew each time; further back as far as something provisional is left. */
const USUAL_DAYS = 3;
const MOST_DAYS = 31;

export interface FeedOptions {
  /** `{from}` and `{to}` stand for days, both included: 2026-11-20. */
  url: string;
  station: string;
  /** Hosts that the feed may be on. */
  hosts: readonly string[];
  /** Sent as Bearer token. */
  token?: string;
}

export interface TemperatureFeed {
  /** One pull, as the feed does by itself; gives how many hours were new or other. */
  pull(): Promise<number>;
  stop(): Promise<void>;
}

/** Pause after a number of failures in a row: a minute, doubled each time, an hour at most. */
export const retryAfterMs = (failures: number): number =>
  failures === 0 ? EVERY_MS : Math.min(EVERY_MS, MINUTE * 2 ** Math.min(10, failures - 1));

/**
 * Pulls the outdoor temperature every hour and replaces what was provisional. A service that is away is asked again sooner, and
 * what went wrong stands in `energy.temperature_feed`.
 */
export function startTemperatureFeed(
  db: Db,
  feed: FeedOptions,
  { clock, logger }: { clock: () => number; logger: Logger },
): TemperatureFeed {
  const stopping = new AbortController();
  const pullNow = async (): Promise<number> => {
    try {
      const written = await pullOnce(db, feed, clock(), stopping.signal);
      await feedSucceeded(db, feed.station, sourceOf(feed), clock());
      return written;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!stopping.signal.aborted) await feedFailed(db, feed.station, sourceOf(feed), reason.slice(0, 500), clock());
      throw error;
    }
  };
  let last: Promise<unknown> = Promise.resolve();
  const pull = (): Promise<number> => {
    const next = last.then(pullNow, pullNow);
    last = next;
    return next;
  };
  const run = async (): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        await pull();
        failures = 0;
      } catch (error) {
        failures += 1;
        if (failures === 1 && !stopping.signal.aborted)
          logger.warn({ err: error }, 'the temperature feed failed; it is tried again');
      }
      await sleep(retryAfterMs(failures), undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const ended = run();
  return {
    pull,
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

const sourceOf = ({ url }: FeedOptions): string => new URL(url.replaceAll(/[{}]/g, '')).host;

async function pullOnce(db: Db, feed: FeedOptions, now: number, stop: AbortSignal): Promise<number> {
  const { station, token } = feed;
  if (!(await stationExists(db, station))) throw new Error(`there is no weather station ${station}`);
  const today = dateText(now);
  const oldest = await oldestProvisional(db, station);
  const earliest = addDays(today, -MOST_DAYS);
  const usual = addDays(today, -USUAL_DAYS);
  const wanted = oldest === null ? usual : firstDay(oldest, usual);
  const from = firstDay(wanted, earliest) === wanted ? earliest : wanted;
  const url = allowedUrl(
    feed.url.replace('{from}', from).replace('{to}', today),
    feed.hosts,
    'GANZHI_TEMPERATURE_HOSTS',
  );
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.any([stop, AbortSignal.timeout(LIMIT_MS)]),
    headers: { accept: 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`${url.host} answered ${response.status}`);
  }
  const hours = hoursOf(JSON.parse(await limitedText(response)), now);
  const once = [...new Map(hours.map((one) => [one.hour, one])).values()];
  return storeHours(db, station, url.host, once, now);
}

async function limitedText({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body ?? []) {
    bytes += part.byteLength;
    if (bytes > LARGEST_BYTES) throw new Error(`the answer is larger than ${LARGEST_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
