/**
 * How long the ledger takes for the history of a demonstration city: 150 meters, 30 days at 15 minutes, in batches that
 * arrive oldest first, with a live value now and then. `node analytics/bench/backfill.ts [meters] [days] [minutes]`.
 *
 * Everything runs in a throw-away database; the figures are printed, not judged.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { DAY, HOUR, MINUTE } from '@ganzhi/schemas';
import { type Db, migrate, openDatabase, startEmbedded } from '@ganzhi/schemas/db';
import { checkConservation, recomputeDirty } from '../src/index.ts';

const [meters = 150, days = 30, minutes = 15] = process.argv.slice(2).map(Number);
const END = Math.floor(Date.now() / HOUR) * HOUR;
const START = END - days * DAY;
/** One batch of 5,000 readings of a gateway with 6 meters and 8 points is about a day. */
const BATCH = DAY;

const folder = mkdtempSync(join(tmpdir(), 'ganzhi-bench-'));
await chmod(folder, 0o755);
const database = await startEmbedded({ dataDir: folder, volatile: true });
try {
  await migrate(database.adminUrl);
  const owner = await openDatabase({ url: database.adminUrl, role: 'ganzhi_owner' });
  const db = await openDatabase({ url: database.adminUrl, role: 'ganzhi_analytics' });
  await fill(owner);
  await rounds(db);
  await liveRound(owner, db);
  await explain(owner);
  await Promise.all([owner.end(), db.end()]);
} finally {
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function fill(owner: Db): Promise<void> {
  await owner.query(`
    insert into registry.division values ('320400', null, '常州', 'Changzhou', 1);
    insert into registry.institution_type values ('office', '机关', 'Office');
    insert into registry.institution (code, name_zh, name_en, type_code, division_code, area_m2, headcount)
      values ('CZ-1', '甲', 'A', 'office', '320400', 1000, 10)`);
  await owner.query(
    `insert into registry.meter (code, institution_id, name_zh, name_en, medium, role, template)
     select 'M-' || n, i.id, '表', 'Meter', 'electricity', 'main', 'eastron-sdm630'
     from registry.institution i, generate_series(1, $1::int) n`,
    [meters],
  );
  await owner.query(`
    insert into registry.point (meter_id, point, decimals) select id, 1, 2 from registry.meter;
    insert into registry.point (meter_id, point, decimals) select id, 10, 3 from registry.meter;
    insert into registry.meter_ratio (meter_id, ct) select id, 40 from registry.meter`);
  for (const at of [START, END]) {
    await owner.query(`select metering.ensure_partition('metering.reading'::regclass, $1)`, [
      new Date(at).toISOString(),
    ]);
  }
  // eight points a meter, one of them the booked counter: the ledger must find its rows among the others
  await owner.query(
    `insert into metering.reading (meter_id, point, quality, ts, value, batch_id)
     select m.id, p, 0, t, (extract(epoch from t - $1)::int8 / 60) * (10 + m.id % 7), 1
     from generate_series($1::timestamptz, $2::timestamptz, $3 * interval '1 minute') t, registry.meter m,
       unnest('{1,10,11,12,20,21,22,30}'::int2[]) p`,
    [new Date(START).toISOString(), new Date(END).toISOString(), minutes],
  );
  await owner.query(
    `insert into metering.dirty_span (meter_id, point, from_ts, to_ts)
     select m.id, 1, t, t + $3 * interval '1 ms' - interval '1 minute'
     from generate_series($1::timestamptz, $2::timestamptz - interval '1 hour', $3 * interval '1 ms') t, registry.meter m`,
    [new Date(START).toISOString(), new Date(END).toISOString(), BATCH],
  );
  await owner.query('analyze');
}

async function rounds(db: Db): Promise<void> {
  const started = performance.now();
  const cpuBefore = process.cpuUsage();
  let total = 0;
  for (;;) {
    const from = performance.now();
    const round = await recomputeDirty(db, { now: Date.now() });
    if (round.marks === 0) break;
    total += round.hours;
    console.error(
      `round: ${round.marks} marks, ${round.meters} registers, ${round.hours} hours, ${round.days} days: ${ms(from)}`,
    );
  }
  const cpu = process.cpuUsage(cpuBefore);
  console.error(
    `history: ${total} hours in ${ms(started)}, ${Math.round((cpu.user + cpu.system) / 1000)} ms CPU of this process`,
  );
  console.error(`peak memory of this process: ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
  const checking = performance.now();
  const { meters: checked, differences } = await checkConservation(db);
  console.error(`check: ${checked} registers, ${differences.length} differences: ${ms(checking)}`);
}

/** One minute of live polling: a value of each meter. */
async function liveRound(owner: Db, db: Db): Promise<void> {
  const at = new Date(END + MINUTE).toISOString();
  await owner.query(
    `insert into metering.reading select id, 1, 0, $1, extract(epoch from $1::timestamptz - $2)::int8 / 60 * 17, 1 from registry.meter`,
    [at, new Date(START).toISOString()],
  );
  await owner.query(
    `insert into metering.dirty_span (meter_id, point, from_ts, to_ts) select id, 1, $1, $1 from registry.meter`,
    [at],
  );
  const from = performance.now();
  const cpuBefore = process.cpuUsage();
  const round = await recomputeDirty(db, { now: Date.now() });
  const cpu = process.cpuUsage(cpuBefore);
  console.error(
    `live: ${round.marks} marks, ${round.hours} hours: ${ms(from)}, ${Math.round((cpu.user + cpu.system) / 1000)} ms CPU`,
  );
}

async function explain(owner: Db): Promise<void> {
  const { rows } = await owner.query<{ relation: string; scans: bigint; rows: bigint }>(
    `select relname as relation, seq_scan as scans, seq_tup_read as rows from pg_stat_user_tables
     where schemaname in ('metering', 'ledger') and seq_tup_read > 0 order by seq_tup_read desc limit 8`,
  );
  for (const { relation, scans, rows: read } of rows)
    console.error(`sequential: ${relation} ${scans} scans, ${read} rows`);
}

function ms(from: number): string {
  return `${Math.round(performance.now() - from)} ms`;
}
