/**
 * What the ledger of the whole city costs. `npm run bench:ledger -- [--json] [--meters N]`; the last line of standard
 * output is one JSON object: cityDaySeconds, liveCpuShare, monthMinutes, institutionSeconds, costRatio23500to1000.
 *
 * - a day of the city (15 minutes), from empty tables;
 * - live: one reading of every meter, and the CPU of this process and of its database connection by the 15 minutes between;
 * - a month of one institution's twelve meters, recomputed after a change of a fact;
 * - a month of the whole city: a month of a tenth of its meters, times ten (its cost is flat: see the ratio);
 * - cost per meter of a day at 23,500 and at 1,000 meters.
 *
 * Everything runs in a throw-away database without fsync; CPU is of this process and of all processes of the database.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { DAY, MINUTE } from '@ganzhi/schemas';
import { type Db, migrate, openDatabase, startEmbedded } from '@ganzhi/schemas/db';
import { markAll, recomputeLanes } from '../src/index.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean' }, meters: { type: 'string' } } });
const CITY = Number(values.meters ?? 23_500);
const FEW = Math.min(1_000, CITY);
const MONTH_DAYS = 30;
const INSTITUTION = 12;
const START = Date.UTC(2026, 9, 31, 16);
const say = (line: string) => process.stderr.write(`${line}\n`);

const folder = mkdtempSync(join(tmpdir(), 'ganzhi-bench-'));
await chmod(folder, 0o755);
const database = await startEmbedded({ dataDir: folder, volatile: true });
try {
  await migrate(database.adminUrl);
  const owner = await openDatabase({ url: database.adminUrl, role: 'ganzhi_owner' });
  const db = await openDatabase({ url: database.adminUrl, role: 'ganzhi_analytics' });
  await register(owner);

  await fill(owner, { first: 1, last: FEW, days: 1 });
  const few = await settled(db, owner, `${FEW} meters, a day`);
  await clear(owner);

  await fill(owner, { first: 1, last: CITY, days: 1 });
  const day = await settled(db, owner, `${CITY} meters, a day`);

  await live(owner);
  const cpuBefore = cpuSeconds();
  await rounds(db);
  const liveCpuShare = (cpuSeconds() - cpuBefore) / (15 * 60);
  say(`live: ${((cpuSeconds() - cpuBefore) * 1_000).toFixed(0)} ms of CPU each 15 minutes`);

  await clear(owner);
  const tenth = Math.ceil(CITY / 10);
  await fill(owner, { first: 1, last: tenth, days: MONTH_DAYS });
  await settled(db, owner, `${tenth} meters, ${MONTH_DAYS} days, from empty`);
  await factChanged(owner, db, tenth);
  const month = await settled(db, owner, `${tenth} meters, ${MONTH_DAYS} days, after a change of every ratio`);
  await factChanged(owner, db, INSTITUTION);
  const institution = await settled(
    db,
    owner,
    `${INSTITUTION} meters, ${MONTH_DAYS} days, after a change of their ratio`,
  );

  const result = {
    cityDaySeconds: rounded(day),
    liveCpuShare: rounded(liveCpuShare, 4),
    monthMinutes: rounded((month * (CITY / tenth)) / 60),
    institutionSeconds: rounded(institution),
    costRatio23500to1000: rounded(day / CITY / (few / FEW)),
  };
  for (const [name, value] of Object.entries(result)) say(`${name}: ${value}`);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  await Promise.all([owner.end(), db.end()]);
} finally {
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function register(owner: Db): Promise<void> {
  await owner.query(`
    insert into registry.division values ('320400', null, '常州', 'Changzhou', 1);
    insert into registry.institution_type values ('office', '机关', 'Office');
    insert into registry.institution (code, name_zh, name_en, type_code, division_code, area_m2, headcount)
      values ('CZ-1', '甲', 'A', 'office', '320400', 1000, 10)`);
  await owner.query(
    `insert into registry.meter (code, institution_id, name_zh, name_en, medium, role, template)
     select 'M-' || n, i.id, '表', 'Meter', 'electricity', 'main', 'eastron-sdm630'
     from registry.institution i, generate_series(1, $1::int) n`,
    [CITY],
  );
  await owner.query(`
    insert into registry.point (meter_id, point, decimals) select id, 1, 2 from registry.meter;
    insert into registry.meter_ratio (meter_id, ct) select id, 40 from registry.meter`);
  for (const at of [START, START + DAY, START + (MONTH_DAYS + 1) * DAY]) {
    await owner.query(`select metering.ensure_partition('metering.reading'::regclass, $1)`, [new Date(at)]);
  }
}

/** Registers each quarter of an hour, and a mark of each meter and day, as ingest leaves them. */
async function fill(owner: Db, { first, last, days }: { first: number; last: number; days: number }): Promise<void> {
  const end = START + days * DAY;
  await owner.query(
    `insert into metering.reading (meter_id, point, quality, ts, value, batch_id)
     select m, 1, 0, t, (extract(epoch from t - $1)::int8 / 60) * (10 + m % 7) + (extract(epoch from t)::int8 / 900 * 7919) % 50, 1
     from generate_series($3::int, $4::int) m, generate_series($1::timestamptz, $2::timestamptz, interval '15 minutes') t`,
    [new Date(START), new Date(end), first, last],
  );
  await owner.query(
    `insert into metering.dirty_span (meter_id, point, from_ts, to_ts)
     select m, 1, t, t + interval '1 day'
     from generate_series($1::timestamptz, $2::timestamptz - interval '1 day', interval '1 day') t, generate_series($3::int, $4::int) m`,
    [new Date(START), new Date(end), first, last],
  );
  await owner.query('analyze');
}

/** One more reading of every meter, a quarter of an hour later. */
async function live(owner: Db): Promise<void> {
  const at = new Date(START + DAY + 15 * MINUTE);
  await owner.query(
    `insert into metering.reading select m, 1, 0, $1, (extract(epoch from $1::timestamptz - $2)::int8 / 60) * (10 + m % 7) + 60, 1
     from generate_series(1, $3::int) m`,
    [at, new Date(START), CITY],
  );
  await owner.query(
    `insert into metering.dirty_span (meter_id, point, from_ts, to_ts) select m, 1, $1, $1 from generate_series(1, $2::int) m`,
    [at, CITY],
  );
}

async function factChanged(owner: Db, db: Db, meters: number): Promise<void> {
  const { rows } = await owner.query<{ id: number }>(
    'update registry.meter_ratio set ct = ct + 1 where meter_id <= $1 returning meter_id as id',
    [meters],
  );
  await markAll(
    db,
    rows.map(({ id }) => id),
    'ratio',
  );
}

async function clear(owner: Db): Promise<void> {
  await owner.query(`truncate metering.reading, metering.dirty_span, ledger.hour, ledger.span, ledger.day, ledger.decision,
    ledger.superseded_hour, ledger.superseded_span, ledger.superseded_day`);
}

async function rounds(db: Db): Promise<number> {
  const from = performance.now();
  for (;;) if ((await recomputeLanes(db, { now: Date.now() })).marks === 0) break;
  return (performance.now() - from) / 1_000;
}

async function settled(db: Db, owner: Db, what: string): Promise<number> {
  const seconds = await rounds(db);
  const { rows } = await owner.query<{ n: bigint }>('select count(*) as n from ledger.hour');
  say(`${what}: ${seconds.toFixed(1)} s, ${rows[0]?.n} hours`);
  return seconds;
}

/** CPU of this process and of every process of the database, seconds. */
function cpuSeconds(): number {
  const own = process.cpuUsage();
  const ticks = childrenOf(database.pid).reduce((sum, pid) => sum + ticksOf(pid), ticksOf(database.pid));
  return (own.user + own.system) / 1_000_000 + ticks / 100;
}

/** Fields of /proc/PID/stat after the name; empty for a process that is gone. */
function statOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

function ticksOf(pid: number): number {
  const stat = statOf(pid);
  return Number(stat[11] ?? 0) + Number(stat[12] ?? 0);
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => Number(statOf(pid)[1]) === parent);
}

function rounded(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
