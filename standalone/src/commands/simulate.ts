import { join } from 'node:path';
import { DAY, dayStart, GanzhiError, loadConfig, parseInstant, shanghaiText } from '@ganzhi/schemas';
import { locateEmbedded } from '@ganzhi/schemas/db';
import { type Command, type OptionValues, parseOptions, text, UsageError, wholeNumber } from '../command.ts';
import { findDatabase } from '../database.ts';
import { createLogger, serveUntilStopped } from '../process.ts';
import { progressBar } from '../progress.ts';
import { noteDatabase } from '../score/run-note.ts';
import { start } from './start.ts';

/** Polling of the simulated gateways; the server expects a value every 15 minutes. */
const POLL_EVERY_MS = 60_000;
const LARGEST_SEED = 2 ** 31;
const LIVE_ONLY = ['sites', 'history-days'];
const BATCH_ONLY = ['institutions', 'from', 'faults', 'truth', 'sockets', 'data-dir', 'no-ledger', 'json'];

export const simulate: Command = {
  name: 'simulate',
  about:
    'Run a simulated city: meters on real sockets and the gateways that read them, live; or, with --days, the whole city through past days as fast as it goes, with faults and their truth.',
  options: {
    ...start.options,
    days: { type: 'string', value: 'N', about: 'Simulate N past days as fast as possible and end, 1 to 800.' },
    institutions: { type: 'string', value: 'N', about: 'With --days: metered institutions, 1 to 1960 (default 1960).' },
    from: { type: 'string', value: 'DATE', about: 'With --days: first day, 2026-11-01; default: N days before today.' },
    faults: {
      type: 'string',
      value: 'PROFILE',
      about: 'With --days: none, default, heavy, or kinds of fault with commas (default: default).',
    },
    truth: {
      type: 'string',
      value: 'DIR',
      about: 'With --days: write what was really consumed, and every fault, for "ganzhi score".',
    },
    sockets: {
      type: 'string',
      value: 'SHARE',
      about: 'With --days: share of the gateways that read through real sockets, 0 to 1 (default 0).',
    },
    'data-dir': {
      type: 'string',
      value: 'DIR',
      about:
        'With --days: keep the data here, for a look with "ganzhi start"; default: beside the truth, or a temporary folder.',
    },
    'no-ledger': { type: 'boolean', about: 'With --days: stop at the stored readings.' },
    json: { type: 'boolean', about: 'With --days: one JSON object as last line of standard output.' },
  },
  async run(argv) {
    const values = parseOptions(this.options, argv);
    const isBatch = values.days !== undefined;
    refuse(values, isBatch ? LIVE_ONLY : BATCH_ONLY, isBatch ? 'does not go with' : 'needs');
    await (isBatch ? batch(values) : live(values));
  },
};

function refuse(values: OptionValues, options: readonly string[], how: string): void {
  const given = options.find((name) => values[name] !== undefined);
  if (given) throw new UsageError(`--${given} ${how} --days.`);
}

async function live(values: OptionValues): Promise<void> {
  const sites = wholeNumber(values, 'sites', { min: 0, max: 200, fallback: 24 });
  const historyDays = wholeNumber(values, 'history-days', { min: 0, max: 400, fallback: 30 });
  const config = loadConfig([
    'DATABASE_URL',
    'GANZHI_DATA_DIR',
    'HOST',
    'LOG_LEVEL',
    'GANZHI_MQTT_URL',
    'GANZHI_GATEWAY_HTTP_PORT',
  ]);
  const { CITY_SEED, registerCity } = await import('../city/seed.ts');
  const { startCity } = await import('@ganzhi/gateway-firmware-sim/city');
  const seed = wholeNumber(values, 'seed', { min: 0, max: LARGEST_SEED, fallback: CITY_SEED });
  const logger = createLogger('simulate', config.LOG_LEVEL);
  const url = findDatabase(config).urlFor('ganzhi_owner');
  const { population, tokens, epochMs } = await registerCity({ url, dataDir: config.GANZHI_DATA_DIR, seed, sites });
  const city = await startCity({
    population,
    tokens,
    mqttUrl: config.GANZHI_MQTT_URL,
    dataDir: config.GANZHI_DATA_DIR,
    seed,
    epochMs,
    historyDays,
    intervalMs: POLL_EVERY_MS,
    host: config.HOST,
    httpPort: config.GANZHI_GATEWAY_HTTP_PORT,
    logger,
  });
  serveUntilStopped(logger, () => city.stop(), { httpPort: city.httpPort });
}

async function batch(values: OptionValues): Promise<void> {
  const days = wholeNumber(values, 'days', { min: 1, max: 800, fallback: 1 });
  const institutions = wholeNumber(values, 'institutions', { min: 1, max: 1_960, fallback: 1_960 });
  const fromMs = firstDay(values, days);
  const sockets = share(values, 'sockets');
  const config = loadConfig(['DATABASE_URL', 'GANZHI_DATA_DIR', 'LOG_LEVEL', 'GANZHI_MQTT_URL']);
  const { CITY_SEED } = await import('../city/seed.ts');
  const { runBatch } = await import('../city/batch.ts');
  const seed = wholeNumber(values, 'seed', { min: 0, max: LARGEST_SEED, fallback: CITY_SEED });
  const dataDir = text(values, 'data-dir');
  // A folder of one's own is a network of one's own; otherwise what runs here already is used.
  const isRunning = dataDir === undefined && (config.DATABASE_URL || locateEmbedded(config.GANZHI_DATA_DIR));
  const running = isRunning
    ? { databaseUrl: findDatabase(config).urlFor('ganzhi_owner'), mqttUrl: config.GANZHI_MQTT_URL }
    : undefined;
  const truth = text(values, 'truth');
  // A truth without the database it is about cannot be judged: it is kept beside it.
  const folder = dataDir ?? (truth === undefined ? undefined : join(truth, 'data'));
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const bar = progressBar('City', say);
  // An own database must be stopped and its temporary folder removed.
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => interrupted.abort(new GanzhiError('unavailable', `Stopped by ${signal}.`)));
  }
  const report = await runBatch({
    institutions,
    days,
    seed,
    fromMs,
    faults: text(values, 'faults') ?? 'default',
    sockets,
    truth,
    running,
    dataDir: running ? config.GANZHI_DATA_DIR : folder,
    ledger: !values['no-ledger'],
    logger: createLogger('simulate', process.env.LOG_LEVEL ?? 'warn'),
    say,
    onProgress: (done, total) => bar.show(done, total),
    signal: interrupted.signal,
  });
  if (truth !== undefined && !running && folder !== undefined) noteDatabase(truth, folder);
  process.stdout.write(
    values.json
      ? `${JSON.stringify(report)}\n`
      : `${report.meters} meters of ${report.gateways} gateways lived through ${days} days from ${shanghaiText(fromMs).slice(0, 10)}: ` +
          `${report.readings} readings stored in ${report.storedSeconds.toFixed(1)} s (${Math.round(report.timesRealTime)} times real time), ` +
          `${report.faults} faults, ${report.readFailures} failed reads.\n`,
  );
}

/** Only days that are over: the registers of a running city must not be ahead of the clock. */
function firstDay(values: OptionValues, days: number): number {
  const today = dayStart(Date.now());
  const given = text(values, 'from');
  if (given === undefined) return today - days * DAY;
  const from = given.length === 10 ? parseInstant(given) : undefined;
  if (from === undefined || from + days * DAY > today) {
    throw new UsageError(`--from takes a date, 2026-11-01, from which ${days} days are over; not "${given}".`);
  }
  return from;
}

function share(values: OptionValues, name: string): number {
  const given = text(values, name) ?? '0';
  const value = Number(given);
  if (given.trim() === '' || !(value >= 0 && value <= 1)) {
    throw new UsageError(`--${name} takes a share from 0 to 1, not "${given}".`);
  }
  return value;
}
