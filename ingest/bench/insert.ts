/**
 * Ways to insert rows that may be there already, side by side: order of the key, COPY by way of a stage or arrays as
 * parameters, with and without `returning`. The figures behind schemas/decisions on keys and on the write path.
 *
 *   node ingest/bench/insert.ts [--gateways 1960] [--readings 400000]
 */
import { parseArgs } from 'node:util';
import { openDatabase, type Tx } from '@ganzhi/schemas/db';
import { int2Array, int4Array, int8Array, timestamptzArray } from '../src/sql/binary.ts';
import { withBed } from './bed.ts';
import { type CopyRow, copyRows } from './copy-rows.ts';
import { arrivals, COLUMNS, copy, freshTable } from './limit.ts';

const { values: flags } = parseArgs({
  options: { gateways: { type: 'string', default: '1960' }, readings: { type: 'string', default: '400000' } },
});
const plan = {
  first: 0,
  gateways: Number(flags.gateways),
  readings: Number(flags.readings),
  perMessage: 96,
  replay: false,
  window: 1,
  perSecond: 0,
};

const binary = (rows: readonly CopyRow[]): Buffer[] => [
  int8Array(rows, ({ batchId }) => batchId),
  int4Array(rows, ({ meterId }) => meterId),
  int2Array(rows, ({ point }) => point),
  timestamptzArray(rows, ({ ts }) => ts),
  int8Array(rows, ({ counts }) => counts),
  int2Array(rows, ({ quality }) => quality),
];
const texts = (rows: readonly CopyRow[]): string[] => [
  `{${rows.map(({ batchId }) => batchId).join(',')}}`,
  `{${rows.map(({ meterId }) => meterId).join(',')}}`,
  `{${rows.map(({ point }) => point).join(',')}}`,
  `{${rows.map(({ ts }) => new Date(ts).toISOString()).join(',')}}`,
  `{${rows.map(({ counts }) => counts).join(',')}}`,
  `{${rows.map(({ quality }) => quality).join(',')}}`,
];
const insertArrays = (key: string): string => `
  insert into bench.reading select meter_id, point, quality, ts, value, batch_id
  from unnest($1::int8[], $2::int4[], $3::int2[], $4::timestamptz[], $5::int8[], $6::int2[]) with ordinality
    as i(batch_id, meter_id, point, ts, value, quality, n)
  order by ${key}, n on conflict do nothing`;

const WAYS: Readonly<Record<string, (tx: Tx, rows: readonly CopyRow[], key: string) => Promise<unknown>>> = {
  'COPY, refusing duplicates': (tx, rows) => copy(tx, 'bench.reading', copyRows(rows)),
  'COPY to a stage, then insert': async (tx, rows, key) => {
    await copy(tx, 'stage', copyRows(rows));
    await tx.query(`insert into bench.reading select * from stage order by ${key} on conflict do nothing`);
  },
  'arrays as text': (tx, rows, key) => tx.query({ name: 'text', text: insertArrays(key), values: texts(rows) }),
  'arrays in binary': (tx, rows, key) => tx.query({ name: 'binary', text: insertArrays(key), values: binary(rows) }),
  'arrays in binary, returning': (tx, rows, key) =>
    tx.query({
      name: 'returning',
      text: `with stored as (${insertArrays(key)} returning meter_id, point, ts, batch_id) select count(*) from stored`,
      values: binary(rows),
    }),
};

await withBed({ gateways: 1, profiles: undefined }, async ({ adminUrl }) => {
  const db = await openDatabase({ url: adminUrl, role: 'ganzhi_owner', max: 2 });
  const chunks = arrivals(plan);
  const total = chunks.reduce((sum, { length }) => sum + length, 0);
  for (const key of ['meter_id, point, ts', 'ts, meter_id, point']) {
    for (const [name, insert] of Object.entries(WAYS)) {
      await freshTable(db, key);
      const tx = await db.connect();
      await tx.query(`create temporary table stage (${COLUMNS}) on commit delete rows`);
      const began = performance.now();
      for (const rows of chunks) {
        await tx.query('begin');
        await insert(tx, rows, key);
        await tx.query('commit');
      }
      const perSecond = Math.round((total * 1_000) / (performance.now() - began));
      tx.release(true);
      process.stdout.write(`${JSON.stringify({ key, name, perSecond })}\n`);
    }
  }
  await db.query('drop schema bench cascade');
  await db.end();
});
