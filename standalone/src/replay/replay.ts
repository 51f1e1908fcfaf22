import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { startAnalytics } from '@ganzhi/analytics';
import { parseSeries, type RejectedRow, replayCsv } from '@ganzhi/gateway-firmware-sim/city';
import { templateById } from '@ganzhi/gateway-firmware-sim/firmware';
import { startIngest } from '@ganzhi/ingest';
import { fromCounts, GanzhiError, quantityByCode } from '@ganzhi/schemas';
import { type Db, migrate, openDatabase, startEmbedded } from '@ganzhi/schemas/db';
import { CITY_SEED, registerCity } from '../city/seed.ts';
import { createLogger } from '../process.ts';
import { type Comparison, compare } from './compare.ts';
import { registerReplayMeter } from './registry.ts';

export interface ReplayRequest {
  csv: string;
  template: string;
  /** Code of the institution the meter is registered under; unset: the first one. */
  institution: string | undefined;
  /** Folder to keep; unset: a temporary one. */
  dataDir: string | undefined;
  say(line: string): void;
  onProgress(done: number, total: number): void;
}

export interface ReplayReport extends Comparison {
  csv: string;
  template: string;
  /** True when every hour equals the series and every hole is a gap. */
  equal: boolean;
  rows: number;
  rejectedRows: readonly RejectedRow[];
  readings: number;
  seconds: number;
  seriesKwh: number;
  /** Booked and undistributed. */
  ledgerKwh: number;
  undistributedKwh: number;
  resolutionKwh: number;
}

const ENERGY = 'energy.import';
/** A series interval is polled twice, so that one missing row is seen. */
const POLLS_PER_INTERVAL = 2;

/**
 * Starts what a reading needs (embedded database, ingest with its broker, analytics) on free ports, sends the series through a
 * real Modbus TCP meter and a real gateway, and compares the ledger with the series.
 *
 * @throws GanzhiError `invalid-request` for a file, template or institution that cannot be used
 */
export async function replaySeries(request: ReplayRequest): Promise<ReplayReport> {
  const series = parseSeries(readSeries(request.csv));
  const template = templateById(request.template);
  const folder = request.dataDir ?? temporaryFolder();
  const undo: (() => Promise<void>)[] = [];
  if (!request.dataDir) undo.push(async () => rmSync(folder, { recursive: true, force: true }));
  try {
    const logger = createLogger('replay', process.env.LOG_LEVEL ?? 'warn');
    const database = await startEmbedded({ dataDir: folder, log: request.say });
    undo.push(() => database.stop());
    await migrate(database.adminUrl);
    await registerCity({ url: database.urlFor('ganzhi_owner'), dataDir: folder, seed: CITY_SEED, sites: 0 });
    const db = await openDatabase({ url: database.urlFor('ganzhi_owner'), role: 'ganzhi_owner', max: 1 });
    undo.push(() => db.end());
    const token = randomBytes(32).toString('base64url');
    const meter = await registerReplayMeter(db, {
      template: template.id,
      institution: request.institution,
      token,
      intervalS: Math.max(1, Math.round(series.intervalMs / POLLS_PER_INTERVAL / 1000)),
    });
    const ingest = await startIngest({
      databaseUrl: database.urlFor('ganzhi_ingest'),
      mqttHost: '127.0.0.1',
      mqttPort: 0,
      httpHost: '127.0.0.1',
      httpPort: 0,
      mode: 'demo',
      batchMs: 10,
      batchRows: 10_000,
      logger,
    });
    undo.push(() => ingest.stop());
    const analytics = await startAnalytics({
      databaseUrl: database.urlFor('ganzhi_analytics'),
      httpHost: '127.0.0.1',
      httpPort: 0,
      tickMs: 1_000,
      logger,
    });
    undo.push(() => analytics.stop());

    const startedAt = Date.now();
    const sent = await replayCsv({
      series,
      template: template.id,
      meterCode: meter.meterCode,
      gatewayCode: meter.gatewayCode,
      token,
      mqttUrl: `mqtt://127.0.0.1:${ingest.mqttPort}`,
      dataDir: folder,
      logger,
      onProgress: ({ acknowledged, total }) => request.onProgress(acknowledged, total),
    });
    await analytics.settle();
    const seconds = (Date.now() - startedAt) / 1000;
    return await report(db, meter.meterId, request, { ...sent, seconds, rows: series.rows.length });
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

interface Sent {
  readingsSent: number;
  rejectedRows: readonly RejectedRow[];
  truth: ReadonlyMap<number, { kwh: number; full: boolean }>;
  rows: number;
  seconds: number;
}

async function report(db: Db, meterId: number, request: ReplayRequest, sent: Sent): Promise<ReplayReport> {
  const point = templateById(request.template).points.find((candidate) => candidate.quantity === ENERGY);
  if (!point) throw new GanzhiError('invalid-request', `Template ${request.template} has no ${ENERGY}.`);
  const id = quantityByCode(ENERGY)?.id;
  const ledger = await db.query<{ hour: number; counts: bigint; coveredS: number }>(
    'select hour, counts, covered_s as "coveredS" from ledger.hour where meter_id = $1 and point = $2 order by hour',
    [meterId, id],
  );
  const spans = await db.query<{ counts: bigint }>(
    "select counts from ledger.span where meter_id = $1 and point = $2 and class = 'undistributed'",
    [meterId, id],
  );
  const resolutionKwh = 10 ** -point.decimals;
  const comparison = compare(sent.truth, ledger.rows, point.decimals, resolutionKwh);
  const sum = (rows: readonly { counts: bigint }[]): number =>
    Number(
      fromCounts(
        rows.reduce((total, row) => total + row.counts, 0n),
        point.decimals,
      ),
    );
  const undistributedKwh = sum(spans.rows);
  return {
    csv: request.csv,
    template: request.template,
    equal: comparison.differences.length === 0 && ledger.rows.length > 0,
    rows: sent.rows,
    rejectedRows: sent.rejectedRows,
    readings: sent.readingsSent,
    seconds: sent.seconds,
    seriesKwh: Number([...sent.truth.values()].reduce((total, hour) => total + hour.kwh, 0).toFixed(6)),
    ledgerKwh: Number((sum(ledger.rows) + undistributedKwh).toFixed(point.decimals)),
    undistributedKwh,
    resolutionKwh,
    ...comparison,
  };
}

function readSeries(file: string): string {
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (cause) {
    throw new GanzhiError('invalid-request', `--csv ${file} cannot be read (${(cause as { code?: string }).code}).`, {
      cause,
    });
  }
  const isGzip = content[0] === 0x1f && content[1] === 0x8b;
  try {
    return (isGzip ? gunzipSync(content) : content).toString('utf8');
  } catch (cause) {
    throw new GanzhiError('invalid-request', `--csv ${file} is a damaged gzip file. Copy it again.`, { cause });
  }
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-replay-'));
  chmodSync(folder, 0o755);
  return folder;
}
