/**
 * What an old reading of the simulated city costs on TimescaleDB: the city lives through some days in a PostgreSQL of its own, its
 * readings are copied into TimescaleDB (WebAssembly build) and compressed by our own maintenance a year later.
 *
 *   npm run bench:compression -- [--institutions 8] [--days 14] [--seed 7] [--faults default] [--json]
 *
 * On a real server: `ganzhi storage --exact --json`. Exit code 1 when a reading is missing afterwards or costs more than 4 bytes.
 */
import { parseArgs } from 'node:util';
import { DAY } from '@ganzhi/schemas';
import {
  maintainStorage,
  migrateWith,
  openDatabase,
  type Queryable,
  storageByAge,
  storageChunks,
} from '@ganzhi/schemas/db';
import { openTimescale } from '@ganzhi/schemas/testing/timescale';
import { pino } from 'pino';
import { runBatch } from '../src/city/batch.ts';

const LIMIT_BYTES = 4;
/** 2 March 2025, Asia/Shanghai. */
const FROM = Date.UTC(2025, 2, 1, 16);
const A_YEAR_LATER = FROM + 365 * DAY;

const TOTALS = `select count(*)::int4 as readings,
  coalesce(sum(hashint8(value)::int8 + hashint8(meter_id * 1000 + point)), 0)::text as checksum from metering.reading`;
const OF_METER = `select jsonb_agg(jsonb_build_object('meter_id', meter_id, 'point', point, 'quality', quality, 'ts', ts,
  'value', value, 'batch_id', batch_id))::text as rows from metering.reading where meter_id = $1`;
const INSERT = `insert into metering.reading (meter_id, point, quality, ts, value, batch_id)
  select meter_id, point, quality, ts, value, batch_id from jsonb_to_recordset($1::text::jsonb)
    as r(meter_id int4, point int2, quality int2, ts timestamptz, value int8, batch_id int8)`;

interface Totals {
  readings: number;
  checksum: string;
}

async function totalsOf(client: Queryable): Promise<Totals> {
  const [totals] = (await client.query<Totals>(TOTALS)).rows;
  if (!totals) throw new Error('no totals');
  return totals;
}

async function bytesPerReading(client: Queryable): Promise<number> {
  const ages = storageByAge(await storageChunks(client, true), A_YEAR_LATER).filter(({ rows }) => rows > 0);
  const sum = (pick: (age: (typeof ages)[number]) => number): number => ages.reduce((n, age) => n + pick(age), 0);
  return Math.round((100 * sum(({ bytes }) => bytes)) / sum(({ rows }) => rows)) / 100;
}

async function compress(databaseUrl: string) {
  const source = await openDatabase({ url: databaseUrl, role: 'ganzhi_owner', max: 1 });
  const timescale = await openTimescale();
  try {
    await migrateWith(timescale.client);
    await timescale.client.query("update metering.storage_policy set compress_after = interval '10 years'");
    const { rows: meters } = await source.query<{ id: number }>('select id from registry.meter order by id');
    for (const { id } of meters) {
      const { rows } = await source.query<{ rows: string | null }>(OF_METER, [id]);
      if (rows[0]?.rows) await timescale.client.query(INSERT, [rows[0].rows]);
    }
    const bytesUncompressed = await bytesPerReading(timescale.client);
    await timescale.client.query("update metering.storage_policy set compress_after = interval '14 days'");
    await maintainStorage(timescale.client, A_YEAR_LATER);
    const [sent, found] = [await totalsOf(source), await totalsOf(timescale.client)];
    return { sent, found, bytesUncompressed, bytesCompressed: await bytesPerReading(timescale.client) };
  } finally {
    await timescale.close();
    await source.end();
  }
}

const { values: flags } = parseArgs({
  options: {
    institutions: { type: 'string', default: '8' },
    days: { type: 'string', default: '14' },
    seed: { type: 'string', default: '7' },
    faults: { type: 'string', default: 'default' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  process.stdout.write(
    'npm run bench:compression -- [--institutions 8] [--days 14] [--seed 7] [--faults default] [--json]\n',
  );
} else {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  let measured: Awaited<ReturnType<typeof compress>> | undefined;
  const { meters } = await runBatch({
    institutions: Number(flags.institutions),
    days: Number(flags.days),
    seed: Number(flags.seed),
    fromMs: FROM,
    faults: flags.faults,
    sockets: 0,
    truth: undefined,
    running: undefined,
    dataDir: undefined,
    ledger: false,
    logger: pino({ level: 'warn' }, pino.destination(2)),
    say,
    onProgress: () => undefined,
    look: async (databaseUrl) => {
      say('Copied into TimescaleDB and compressed …');
      measured = await compress(databaseUrl);
    },
  });
  if (!measured) throw new Error('nothing was measured');
  const { sent, found, bytesCompressed } = measured;
  const ok = sent.readings === found.readings && sent.checksum === found.checksum && bytesCompressed <= LIMIT_BYTES;
  const report = { ok, meters, days: Number(flags.days), faults: flags.faults, ...measured };
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(report)}\n`
      : `${sent.readings} readings of ${meters} meters: ${report.bytesUncompressed} bytes each, ${bytesCompressed} compressed.\n`,
  );
  process.exitCode = ok ? 0 : 1;
}
