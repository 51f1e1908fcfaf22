import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Db, openDatabase, type Tx } from '@ganzhi/schemas/db';
import { from as copyFrom } from 'pg-copy-streams';
import { POINT_IDS } from './city.ts';
import { type CopyRow, copyRows } from './copy-rows.ts';
import { type LoadPlan, messagesPerGateway, meterId, plannedReading } from './load-plan.ts';

const ROWS_PER_TRANSACTION = 10_000;
export const COLUMNS =
  'meter_id int4 not null, point int2 not null, quality int2 not null, ts timestamptz not null, value int8 not null, batch_id int8 not null';

export interface Limits {
  copyPerSecond: number;
  copyUpsertPerSecond: number;
  /** The same with two connections at once, which is how ingest writes. */
  copyUpsertTwoConnectionsPerSecond: number;
}

/**
 * What this database takes from this machine when nothing else is in the way: the plan's rows in the order of their
 * arrival, encoded beforehand, into a table equal to metering.reading.
 */
export async function measureLimits(url: string, plan: LoadPlan): Promise<Limits> {
  const db = await openDatabase({ url, role: 'ganzhi_owner', max: 2 });
  try {
    const chunks = arrivals(plan).map(copyRows);
    const rows = messagesPerGateway(plan) * plan.gateways * plan.perMessage;
    const measure = async (connections: number, write: (tx: Tx, chunk: Buffer) => Promise<void>): Promise<number> => {
      await freshTable(db);
      const seconds = await timed(db, connections, chunks, write);
      const { rows: found } = await db.query<{ n: number }>('select count(*)::float8 as n from bench.reading');
      if (found[0]?.n !== rows) throw new Error(`limit: ${found[0]?.n} rows stored, ${rows} sent`);
      return Math.round(rows / seconds);
    };
    const limits = {
      copyPerSecond: await measure(1, (tx, chunk) => copy(tx, 'bench.reading', chunk)),
      copyUpsertPerSecond: await measure(1, copyUpsert),
      copyUpsertTwoConnectionsPerSecond: await measure(2, copyUpsert),
    };
    await db.query('drop table bench.reading');
    return limits;
  } finally {
    await db.end();
  }
}

/** Equal to metering.reading with its months. */
export async function freshTable(db: Db, key = 'meter_id, point, ts'): Promise<void> {
  await db.query(`
    create schema if not exists bench;
    drop table if exists bench.reading;
    create table bench.reading (${COLUMNS}, primary key (${key})) partition by range (ts);
    create table bench.reading_1 partition of bench.reading for values from ('2026-01-01Z') to ('2026-02-01Z');
    create table bench.reading_2 partition of bench.reading for values from ('2026-02-01Z') to ('2026-08-01Z');
    create table bench.reading_3 partition of bench.reading for values from ('2026-08-01Z') to ('2026-09-01Z')`);
}

async function timed(
  db: Db,
  connections: number,
  chunks: readonly Buffer[],
  write: (tx: Tx, chunk: Buffer) => Promise<void>,
): Promise<number> {
  const clients = await Promise.all(Array.from({ length: connections }, () => db.connect()));
  for (const client of clients) {
    await client.query(`create temporary table if not exists stage (${COLUMNS}) on commit delete rows`);
  }
  const began = performance.now();
  let next = 0;
  await Promise.all(
    clients.map(async (client) => {
      for (let chunk = chunks[next++]; chunk; chunk = chunks[next++]) {
        await client.query('begin');
        await write(client, chunk);
        await client.query('commit');
      }
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  for (const client of clients) client.release();
  return seconds;
}

export const copy = (tx: Tx, table: string, chunk: Buffer): Promise<void> =>
  pipeline(Readable.from([chunk]), tx.query(copyFrom(`copy ${table} from stdin (format binary)`)));

async function copyUpsert(tx: Tx, chunk: Buffer): Promise<void> {
  await copy(tx, 'stage', chunk);
  await tx.query(
    'insert into bench.reading select * from stage order by meter_id, point, ts on conflict (meter_id, point, ts) do nothing',
  );
}

/** Rows as a busy server receives them: the n-th message of every gateway, then the next. */
export function arrivals(plan: LoadPlan): CopyRow[][] {
  const chunks: CopyRow[][] = [];
  let rows: CopyRow[] = [];
  for (let n = 0; n < messagesPerGateway(plan); n += 1) {
    for (let g = 0; g < plan.gateways; g += 1) {
      for (let i = 0; i < plan.perMessage; i += 1) {
        const { meter, point, ts, counts } = plannedReading(n * plan.perMessage + i, plan.replay);
        const batchId = BigInt(n * plan.gateways + g);
        rows.push({
          meterId: meterId(g, meter),
          point: POINT_IDS[point] ?? 0,
          ts,
          counts: BigInt(counts),
          quality: 0,
          batchId,
        });
      }
      if (rows.length < ROWS_PER_TRANSACTION) continue;
      chunks.push(rows);
      rows = [];
    }
  }
  if (rows.length > 0) chunks.push(rows);
  return chunks;
}
