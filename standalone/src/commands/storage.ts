import { loadConfig } from '@ganzhi/schemas';
import {
  connectAdministrator,
  type Maintenance,
  maintainAndRecord,
  type Queryable,
  type StorageAge,
  startNightly,
  storageByAge,
  storageChunks,
} from '@ganzhi/schemas/db';
import { type Command, parseOptions, text, wholeNumber } from '../command.ts';
import { findDatabase } from '../database.ts';
import { createLogger, serveUntilStopped } from '../process.ts';

const FOREVER = 'forever';

export const storage: Command = {
  name: 'storage',
  about: 'Tell how much readings cost on disk by age; with --maintain, make partitions, compress and remove by policy.',
  options: {
    maintain: {
      type: 'boolean',
      about: 'One round of maintenance first. "ganzhi start" does it each night by itself.',
    },
    nightly: {
      type: 'boolean',
      about:
        'Keep running: a round each night at 02:30 (Asia/Shanghai), and at once when a night was missed. For containers.',
    },
    'keep-unbooked': {
      type: 'string',
      value: 'DAYS',
      about:
        'Set the policy: remove readings that the ledger does not book after so many days (35 or more), or "forever".',
    },
    exact: { type: 'boolean', about: 'Count every row instead of taking the estimate: reads everything.' },
    json: { type: 'boolean', about: 'One JSON object on standard output.' },
  },
  async run(argv) {
    const values = parseOptions(this.options, argv);
    const keep = text(values, 'keep-unbooked');
    const days =
      keep === undefined || keep === FOREVER
        ? null
        : wholeNumber(values, 'keep-unbooked', { min: 35, max: 36_500, fallback: 0 });
    const config = loadConfig(['DATABASE_URL', 'GANZHI_DATA_DIR', 'LOG_LEVEL']);
    if (values.nightly) return nightly(findDatabase(config).adminUrl, config.LOG_LEVEL);
    const client = await connectAdministrator(findDatabase(config).adminUrl);
    try {
      await client.query('set role ganzhi_owner');
      if (keep !== undefined) await client.query(POLICY, [days]);
      const now = Date.now();
      const done = values.maintain ? await maintainAndRecord(client, now) : undefined;
      const ages = storageByAge(await storageChunks(client, values.exact === true), now);
      const bytes = await databaseBytes(client);
      process.stdout.write(
        values.json
          ? `${JSON.stringify({ databaseBytes: bytes, ages, maintenance: done })}\n`
          : inWords(bytes, ages, done),
      );
    } finally {
      await client.end();
    }
  },
};

function nightly(adminUrl: string, logLevel: string): void {
  const logger = createLogger('storage', logLevel);
  const { stop } = startNightly({
    connect: () => connectAdministrator(adminUrl),
    onRound: (done) => logger.info(done, 'storage maintained'),
    onError: (err) => logger.warn({ err }, 'storage not maintained, tried again'),
  });
  serveUntilStopped(logger, stop);
}

const POLICY = 'update metering.storage_policy set unbooked_kept = make_interval(days => $1)';

async function databaseBytes(client: Queryable): Promise<number> {
  const { rows } = await client.query<{ n: number }>('select pg_database_size(current_database())::float8 as n');
  return rows[0]?.n ?? 0;
}

function inWords(bytes: number, ages: readonly StorageAge[], done: Maintenance | undefined): string {
  const lines = ages.map((age) => {
    const range = age.toDays === null ? `${age.fromDays} days and older` : `${age.fromDays} to ${age.toDays} days`;
    const cost = age.bytesPerMillionRows === null ? '' : `, ${megabytes(age.bytesPerMillionRows)} a million`;
    const packed = age.compressedChunks > 0 ? `, ${age.compressedChunks} of ${age.chunks} compressed` : '';
    return `${age.series}, ${range}: ${age.rows} rows, ${megabytes(age.bytes)}${cost}${packed}`;
  });
  if (done) {
    const removed = done.thinned.reduce((total, span) => total + span.removed, 0);
    lines.push(
      `Maintained: ${done.ahead.length} months made sure of, ${done.compressed.length} chunks compressed, ` +
        `${removed} unbooked readings removed, ${done.postponed.length} spans in use and postponed.`,
    );
  }
  return `${[`Database: ${megabytes(bytes)}`, ...lines].join('\n')}\n`;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
