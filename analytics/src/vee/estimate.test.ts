import { DAY, HOUR, MINUTE } from '@ganzhi/schemas';
import { fixtureRegistry, testDatabase } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { deliver } from '../../test/deliver.ts';
import { checkConservation } from '../check/conservation.ts';
import { recomputeDirty } from '../ledger/recompute.ts';
import { estimateSpans } from './estimate.ts';
import { estimateOpenGaps } from './open.ts';

/** A parent and two children, read every hour, and a check meter beside one of them. */
const database = await testDatabase();
const owner = await database.open('ganzhi_owner');
const ingest = await database.open('ganzhi_ingest');
const db = await database.open('ganzhi_analytics');
afterAll(() => database.drop());

/** A Monday. */
const MONDAY = Date.parse('2026-11-16T00:00:00+08:00');
const NOW = MONDAY + 8 * DAY;
const hourly = { intervalS: 3_600, points: { 'energy.import': 2 } };
const registry = await fixtureRegistry(owner, {
  meters: [
    { code: 'P', ...hourly },
    { code: 'A', parent: 'P', ...hourly },
    { code: 'B', parent: 'P', ...hourly },
    { code: 'CHECK', ...hourly },
  ],
});
const idOf = (code: string): number => registry.meters.get(code) ?? 0;

/** Counts of an hour: of A, small hours and large ones by turns, other ones each day; of B, always the same. */
const used = (code: string, hour: number): number => {
  const n = hour / HOUR;
  if (code === 'A' || code === 'CHECK') return 40 + 8 * ((n * 7) % 23);
  return code === 'B' ? 400 : used('A', hour) + used('B', hour);
};

function registers(code: string, from: number, to: number): { ts: number; counts: bigint }[] {
  const list = [];
  let register = 0;
  for (let ts = MONDAY; ts <= to; ts += HOUR) {
    if (ts >= from) list.push({ ts, counts: BigInt(register) });
    register += used(code, ts);
  }
  return list;
}

const without = (list: readonly { ts: number; counts: bigint }[], from: number, to: number) =>
  list.filter(({ ts }) => ts <= from || ts >= to);

const settle = async (now = NOW) => {
  while ((await recomputeDirty(db, { now })).marks > 0);
  while ((await estimateSpans(db, { now })) > 0);
};
const estimates = async (code: string) =>
  (
    await db.query<{ hour: number; counts: bigint; method: string; unsettled: boolean }>(
      'select hour, counts, method, unsettled from ledger.estimate where meter_id = $1 order by hour',
      [idOf(code)],
    )
  ).rows;
const methodsOf = async (code: string) => [...new Set((await estimates(code)).map(({ method }) => method))];

beforeAll(async () => {
  for (const at of [MONDAY, MONDAY + 40 * DAY]) {
    await owner.query(`select metering.ensure_partition('metering.reading'::regclass, $1)`, [new Date(at)]);
  }
});
beforeEach(async () => {
  await owner.query(
    `truncate metering.reading, metering.dirty_span, ledger.hour, ledger.span, ledger.day, ledger.decision, ledger.estimate,
       ledger.check_meter`,
  );
});

const GAP = [MONDAY + 5 * DAY + 9 * HOUR, MONDAY + 5 * DAY + 15 * HOUR] as const;
const END = MONDAY + 7 * DAY;
const send = (code: string, list: readonly { ts: number; counts: bigint }[]) => deliver(ingest, idOf(code), list);
const tree = async (silent: string): Promise<void> => {
  for (const code of ['P', 'A', 'B']) {
    const all = registers(code, MONDAY, END);
    await send(code, code === silent ? without(all, ...GAP) : all);
  }
  await settle();
};

/** Largest error of an hour of the gap, counts. */
async function errorsOf(code: string): Promise<number> {
  const found = await estimates(code);
  expect(found.map(({ hour }) => hour)).toEqual(Array.from({ length: 6 }, (_, i) => GAP[0] + i * HOUR));
  const truth = found.map(({ hour }) => used(code, hour));
  expect(found.reduce((sum, { counts }) => sum + Number(counts), 0)).toBe(truth.reduce((sum, n) => sum + n, 0));
  return Math.max(...found.map(({ counts }, i) => Math.abs(Number(counts) - (truth[i] ?? 0))));
}

test('parent less siblings gives a gap its shape, to a count, and conserves it', async () => {
  await tree('A');
  expect(await methodsOf('A')).toEqual(['siblings']);
  expect(await errorsOf('A')).toBeLessThanOrEqual(1);
  expect((await checkConservation(db)).differences).toEqual([]);
});

test('a parent takes the shape of its children; a meter on the same flow goes before both', async () => {
  await tree('P');
  expect(await methodsOf('P')).toEqual(['children']);
  expect(await errorsOf('P')).toBeLessThanOrEqual(1);

  await owner.query('truncate ledger.estimate');
  await owner.query(
    `insert into ledger.check_meter (meter_id, check_meter_id, valid_from, note, recorded_by, recorded_at)
     values ($1, $2, $3, '考核表', 'test', $3)`,
    [idOf('A'), idOf('CHECK'), new Date(MONDAY)],
  );
  await send('CHECK', registers('CHECK', MONDAY, END));
  await owner.query('delete from metering.reading where meter_id = $1 and ts > $2 and ts < $3', [
    idOf('A'),
    new Date(GAP[0]),
    new Date(GAP[1]),
  ]);
  await owner.query('insert into metering.dirty_span (meter_id, point, from_ts, to_ts) values ($1, 1, $2, $2)', [
    idOf('A'),
    new Date(GAP[0]),
  ]);
  await settle();
  expect(await methodsOf('A')).toEqual(['check-meter']);
  expect(await errorsOf('A')).toBe(0);
});

test('other meters that do not agree with the certain energy are not believed', async () => {
  await send('P', registers('P', MONDAY, END));
  await send(
    'A',
    without(
      registers('A', MONDAY, END).map(({ ts, counts }) => ({ ts, counts: counts * 3n })),
      ...GAP,
    ),
  );
  await send('B', registers('B', MONDAY, END));
  await settle();
  expect(await methodsOf('A')).toEqual(['like-day']);
});

test('a register that is silent is estimated hour by hour, unsettled and in no total, and replaced when it speaks', async () => {
  await send('B', registers('B', MONDAY, END));
  await settle();
  const days = async () => (await db.query('select * from ledger.day where meter_id = $1', [idOf('B')])).rows;
  const before = await days();

  expect(await estimateOpenGaps(db, { now: END + 40 * MINUTE })).toBe(0);
  expect(await estimateOpenGaps(db, { now: END + 5 * HOUR + 10 * MINUTE })).toBe(1);
  expect(await estimates('B')).toEqual(
    Array.from({ length: 5 }, (_, i) => ({ hour: END + i * HOUR, counts: 400n, method: 'like-day', unsettled: true })),
  );
  // nothing to do within the hour; in the next one a row more
  expect(await estimateOpenGaps(db, { now: END + 5 * HOUR + 50 * MINUTE })).toBe(0);
  expect(await estimateOpenGaps(db, { now: END + 6 * HOUR })).toBe(1);
  expect(await estimates('B')).toHaveLength(6);
  expect(await days()).toEqual(before);
  expect((await checkConservation(db)).differences).toEqual([]);

  // three hours later it speaks: a span with a closing register, whose estimate sums to what is certain
  await send('B', [{ ts: END + 9 * HOUR, counts: BigInt(400 * 7 * 24 + 4_500) }]);
  await settle(END + 9 * HOUR);
  const settled = await estimates('B');
  expect(settled.map(({ unsettled }) => unsettled)).toEqual(Array.from({ length: 9 }, () => false));
  expect(settled.reduce((sum, { counts }) => sum + counts, 0n)).toBe(4_500n);
});

test('a silent sub-meter follows parent less siblings, scaled as both told before; never beyond 31 days', async () => {
  const silentAt = END - DAY;
  await send('P', registers('P', MONDAY, END));
  await send('A', registers('A', MONDAY, silentAt));
  await send('B', registers('B', MONDAY, END));
  await settle();
  expect(await estimateOpenGaps(db, { now: END })).toBe(1);
  const found = await estimates('A');
  expect([found.length, await methodsOf('A')]).toEqual([24, ['siblings']]);
  for (const { hour, counts } of found) expect(Math.abs(Number(counts) - used('A', hour))).toBeLessThanOrEqual(1);

  await estimateOpenGaps(db, { now: silentAt + 31 * DAY + 12 * HOUR });
  const long = await estimates('A');
  expect(long).toHaveLength(31 * 24);
  expect(long.at(-1)?.hour).toBe(silentAt + 31 * DAY - HOUR);
});
