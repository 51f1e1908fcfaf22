import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Analytics, startAnalytics } from '@ganzhi/analytics';
import {
  drawFaults,
  FAULT_KINDS,
  type FaultKind,
  type FaultProfile,
  PROFILES,
  type RunCityResult,
  runCity,
} from '@ganzhi/gateway-firmware-sim/city';
import { startIngest } from '@ganzhi/ingest';
import { DAY, GanzhiError } from '@ganzhi/schemas';
import { locateEmbedded, migrate, openDatabase, type ServiceRole, startEmbedded } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import { enterRecords } from './records.ts';
import { registerCensus } from './seed.ts';

export interface BatchRequest {
  institutions: number;
  days: number;
  seed: number;
  /** Start of a Shanghai day. */
  fromMs: number;
  /** `none`, `default`, `heavy`, or kinds of fault with commas, which come as often as in `heavy`. */
  faults: string;
  /** Share of the gateways on real sockets, 0 to 1. */
  sockets: number;
  truth: string | undefined;
  quantities?: readonly string[];
  /** Database and broker of a running network; unset: this run starts its own. */
  running: { databaseUrl: string; mqttUrl: string } | undefined;
  /** Folder of an own database, kept; unset: a temporary one. */
  dataDir: string | undefined;
  /** False stops at the readings: no ledger. */
  ledger: boolean;
  logger: Logger;
  say(line: string): void;
  onProgress(done: number, total: number): void;
  signal?: AbortSignal;
  /** Called at the end, while the database still runs. */
  look?: (databaseUrl: string) => Promise<void>;
}

export interface BatchReport extends RunCityResult {
  seed: number;
  days: number;
  profile: string;
  /** Wall time until the server had acknowledged the last reading. */
  storedSeconds: number;
  /** Wall time until the ledger showed all of it; null without a ledger of one's own. */
  ledgerSeconds: number | null;
  /** Simulated time over wall time, until stored. */
  timesRealTime: number;
  /** What the database holds afterwards; null when it is a running network's. */
  stored: Stored | null;
}

export interface Stored {
  readings: number;
  /** Other values for a reading that was there. */
  revisions: number;
  messages: number;
  quarantined: number;
}

/**
 * A simulated city lives through some days as fast as the server takes it.
 *
 * @throws GanzhiError `invalid-request` (unknown profile), `conflict` (other seed, truth in use), `unavailable` (stalled)
 */
export async function runBatch(request: BatchRequest): Promise<BatchReport> {
  const { institutions, days, seed, fromMs, logger, say } = request;
  const { intensity, kinds } = profileOf(request.faults);
  const undo: (() => Promise<void>)[] = [];
  try {
    const folder = folderOf(request, undo);
    const own = request.running ? undefined : await startOwn(folder, request, undo);
    const databaseUrl = request.running?.databaseUrl ?? own?.urlFor('ganzhi_owner') ?? '';
    const { census, tokens } = await registerCensus({ url: databaseUrl, dataDir: folder, seed, sites: institutions });
    say(`${census.gateways.length} gateways and ${census.meters.length} meters registered.`);
    const faults = drawFaults({ census, seed, fromMs, days, intensity, kinds });
    const startedAt = performance.now();
    const result = await runCity({
      census,
      faults,
      seed,
      profile: request.faults,
      fromMs,
      days,
      mqttUrl: request.running?.mqttUrl ?? own?.mqttUrl ?? '',
      tokens,
      dataDir: folder,
      sockets: request.sockets,
      truth: request.truth,
      logger,
      onProgress: request.onProgress,
      enterRecords: (events) => enterRecords(databaseUrl, events),
      ...(request.quantities ? { quantities: request.quantities } : {}),
      ...(request.signal ? { signal: request.signal } : {}),
    });
    const storedSeconds = (performance.now() - startedAt) / 1_000;
    await own?.analytics?.settle();
    // the service's clock is today's: what is silent at the end of the run is estimated as of then
    await own?.analytics?.estimateSilent(fromMs + days * DAY);
    const ledgerSeconds = own?.analytics ? (performance.now() - startedAt) / 1_000 : null;
    await request.look?.(databaseUrl);
    return {
      seed,
      days,
      profile: request.faults,
      ...result,
      storedSeconds,
      ledgerSeconds,
      timesRealTime: (days * 86_400) / storedSeconds,
      stored: own ? await countStored(databaseUrl) : null,
    };
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

async function countStored(url: string): Promise<Stored> {
  const db = await openDatabase({ url, role: 'ganzhi_owner', max: 1 });
  try {
    const { rows } = await db.query<Record<keyof Stored, bigint>>(
      `select (select count(*) from metering.reading) as readings,
         (select count(*) from metering.reading_revision) as revisions,
         (select count(*) from metering.batch) as messages,
         (select count(*) from metering.quarantine) as quarantined`,
    );
    const { readings = 0n, revisions = 0n, messages = 0n, quarantined = 0n } = rows[0] ?? {};
    return {
      readings: Number(readings),
      revisions: Number(revisions),
      messages: Number(messages),
      quarantined: Number(quarantined),
    };
  } finally {
    await db.end();
  }
}

/** @throws GanzhiError `invalid-request` naming profiles and kinds */
export function profileOf(text: string): { intensity: number; kinds: readonly FaultKind[] } {
  if (text in PROFILES) return { intensity: PROFILES[text as FaultProfile], kinds: FAULT_KINDS };
  const names = text.split(',').map((name) => name.trim());
  const kinds = FAULT_KINDS.filter((kind) => names.includes(kind));
  if (kinds.length !== names.length) {
    throw new GanzhiError(
      'invalid-request',
      `--faults takes ${Object.keys(PROFILES).join(', ')}, or kinds with commas (${FAULT_KINDS.join(', ')}), not "${text}".`,
    );
  }
  return { intensity: PROFILES.heavy, kinds };
}

function folderOf({ dataDir }: BatchRequest, undo: (() => Promise<void>)[]): string {
  if (dataDir !== undefined) {
    mkdirSync(dataDir, { recursive: true });
    return dataDir;
  }
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-city-'));
  // The database's own user must reach its folder.
  chmodSync(folder, 0o755);
  undo.push(async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Own {
  urlFor(role: ServiceRole): string;
  mqttUrl: string;
  analytics: Analytics | undefined;
}

/** Embedded database, ingest with its broker, and the ledger, on free ports. */
async function startOwn(folder: string, request: BatchRequest, undo: (() => Promise<void>)[]): Promise<Own> {
  if (locateEmbedded(folder)) {
    throw new GanzhiError('conflict', `A network runs on ${folder} already. Stop it, or name its GANZHI_MQTT_URL.`);
  }
  const { logger, say } = request;
  const database = await startEmbedded({ dataDir: folder, log: say });
  undo.push(() => database.stop());
  await migrate(database.adminUrl);
  const ingest = await startIngest({
    databaseUrl: database.urlFor('ganzhi_ingest'),
    mqttHost: '127.0.0.1',
    mqttPort: 0,
    httpHost: '127.0.0.1',
    httpPort: 0,
    mode: 'demo',
    batchMs: 25,
    batchRows: 10_000,
    logger,
  });
  undo.push(() => ingest.stop());
  const analytics = request.ledger
    ? await startAnalytics({
        databaseUrl: database.urlFor('ganzhi_analytics'),
        httpHost: '127.0.0.1',
        httpPort: 0,
        tickMs: 1_000,
        logger,
      })
    : undefined;
  if (analytics) undo.push(() => analytics.stop());
  return { urlFor: (role) => database.urlFor(role), mqttUrl: `mqtt://127.0.0.1:${ingest.mqttPort}`, analytics };
}
