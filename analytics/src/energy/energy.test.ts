import { DAY, HOUR, MINUTE } from '@ganzhi/schemas';
import { fixtureRegistry, testDatabase } from '@ganzhi/schemas/testing';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { deliver } from '../../test/deliver.ts';
import { recomputeDirty } from '../ledger/recompute.ts';
import { dayShare } from '../rules/energy/shares.ts';
import { bookManualReadings } from './manual-readings.ts';
import { recomputeEnergy, settleEnergy } from './recompute.ts';

const database = await testDatabase();
const owner = await database.open('ganzhi_owner');
const ingest = await database.open('ganzhi_ingest');
const analytics = await database.open('ganzhi_analytics');
afterAll(() => database.drop());

const NOON = Date.parse('2026-11-20T12:00:00+08:00');
const codes = ['P', 'A', 'B'] as const;
let serial = 0;
let institutionId = 0;
let meters: ReadonlyMap<string, number>;
const idOf = (code: (typeof codes)[number]) => meters.get(`${code}-${serial}`) ?? 0;

beforeEach(async () => {
  serial += 1;
  ({ institutionId, meters } = await fixtureRegistry(owner, {
    institution: `CZ-${serial}`,
    gateways: [`GW-${serial}`],
    meters: [
      { code: `P-${serial}` },
      { code: `A-${serial}`, parent: `P-${serial}` },
      { code: `B-${serial}`, parent: `P-${serial}` },
    ],
  }));
});

/** A register that moves by `counts` within the noon hour of a day. */
async function moves(code: (typeof codes)[number], counts: bigint, day = 0): Promise<void> {
  const start = NOON + day * DAY;
  const before = BigInt(day) * 1_000_000n;
  await deliver(ingest, idOf(code), [
    { ts: start, counts: before },
    { ts: start + 15 * MINUTE, counts: before + counts },
  ]);
}

async function settle(now = NOON): Promise<void> {
  while ((await recomputeDirty(analytics, { now })).marks > 0);
  await settleEnergy(analytics, now);
}

interface Term {
  meter?: number;
  virtual?: number;
  num: number;
  den?: number;
}

async function virtualMeter(
  code: string,
  terms: readonly Term[],
  validFrom = '2026-01-01',
  constant = 0,
): Promise<number> {
  const { rows } = await owner.query<{ id: number }>(
    `insert into energy.virtual_meter (code, institution_id, medium, kind, name_zh, name_en, created_by)
     values ($1, $2, 'electricity', 'formula', '虚', 'Virtual', 'x') returning id`,
    [`${code}-${serial}`, institutionId],
  );
  const id = rows[0]?.id ?? 0;
  await formula(id, terms, validFrom, constant);
  return id;
}

async function formula(id: number, terms: readonly Term[], validFrom: string, constant = 0): Promise<void> {
  const { rows } = await owner.query<{ id: number }>(
    `insert into energy.virtual_formula (virtual_meter_id, valid_from, formula, constant_num, source_document, recorded_by)
     values ($1, $2, 'x', $3, 'x', 'x') returning id`,
    [id, validFrom, constant],
  );
  for (const { meter = null, virtual = null, num, den = 1 } of terms) {
    await owner.query('insert into energy.virtual_term values ($1, $2, $3, $4, $5)', [
      rows[0]?.id,
      meter,
      virtual,
      num,
      den,
    ]);
  }
}

const daysOf = async (id: number) =>
  (
    await owner.query<{ day: string; energy: string | null; missing: string[] }>(
      'select day, trim_scale(energy)::text as energy, missing from energy.virtual_day where virtual_meter_id = $1 order by day',
      [id],
    )
  ).rows;

test('a remainder follows its meters: late hours change it, in the ledger of the day they belong to', async () => {
  const rest = await virtualMeter('REST', [
    { meter: idOf('P'), num: 1 },
    { meter: idOf('A'), num: -1 },
    { meter: idOf('B'), num: -1 },
  ]);
  await moves('P', 100_00n);
  await moves('A', 60_00n);
  await settle();
  // B is silent: taking nothing off would blame the remainder
  expect(await daysOf(rest)).toEqual([{ day: '2026-11-20', energy: null, missing: [`B-${serial}`] }]);
  await moves('B', 35_00n);
  await settle();
  expect(await daysOf(rest)).toEqual([{ day: '2026-11-20', energy: '5', missing: [] }]);
  // late data for the same day
  await deliver(ingest, idOf('B'), [{ ts: NOON + 30 * MINUTE, counts: 37_00n }]);
  await settle();
  expect(await daysOf(rest)).toEqual([{ day: '2026-11-20', energy: '3', missing: [] }]);
});

test('virtual meters of virtual meters follow in the same round; a figure that stays keeps its known_since', async () => {
  const inner = await virtualMeter('INNER', [
    { meter: idOf('A'), num: 1 },
    { meter: idOf('B'), num: 1 },
  ]);
  const outer = await virtualMeter('OUTER', [{ virtual: inner, num: 1, den: 3 }], '2026-01-01', 1);
  await moves('A', 10_00n);
  await moves('B', 20_00n);
  await settle();
  expect(await daysOf(outer)).toEqual([{ day: '2026-11-20', energy: '34', missing: [] }]);
  await owner.query("insert into energy.dirty_day (virtual_meter_id, day) values ($1, '2026-11-20')", [outer]);
  await settle(NOON + HOUR);
  const { rows } = await owner.query<{ at: number }>(
    'select max(known_since) as at from energy.virtual_day where virtual_meter_id = any($1)',
    [[inner, outer]],
  );
  expect(rows).toEqual([{ at: NOON }]);
});

test('a formula holds from its day on; earlier days keep the earlier one', async () => {
  const id = await virtualMeter('DATED', [{ meter: idOf('A'), num: 1 }]);
  await formula(id, [{ meter: idOf('A'), num: 2 }], '2026-11-21');
  await moves('A', 10_00n);
  await moves('A', 10_00n, 1);
  await settle();
  const days = await daysOf(id);
  // the night between is a gap: its energy is certain, spread evenly over both days
  const total = days.reduce((all, { day, energy }) => all + Number(energy) / (day === '2026-11-20' ? 1 : 2), 0);
  expect(total).toBeCloseTo(10_010, 5);
});

test('a meter that forgets a formula is not marked; nothing is written that changed nothing', async () => {
  await moves('A', 10_00n);
  while ((await recomputeDirty(analytics, { now: NOON })).marks > 0);
  expect((await recomputeEnergy(analytics, NOON)).marks).toBe(0);
});

async function allocate(
  basis: string,
  shares: readonly { institution: number; weight?: number; meter?: number }[],
  validFrom = '2026-01-01',
) {
  const { rows } = await owner.query<{ id: number }>(
    `insert into energy.allocation_rule (meter_id, valid_from, basis, source_document, recorded_by)
     values ($1, $2, $3, 'x', 'x') returning id`,
    [idOf('P'), validFrom, basis],
  );
  for (const { institution, weight = null, meter = null } of shares) {
    await owner.query('insert into energy.allocation_share values ($1, $2, $3, $4)', [
      rows[0]?.id,
      institution,
      weight,
      meter,
    ]);
  }
}

const allocated = async () =>
  (
    await owner.query<{ institution: number; energy: string }>(
      `select institution_id as institution, trim_scale(energy)::text as energy from energy.allocated_day
       where meter_id = $1 order by day, institution_id`,
      [idOf('P')],
    )
  ).rows;

test('a shared meter is split to the last count, and split again when it changes', async () => {
  const other = (await fixtureRegistry(owner, { institution: `OTHER-${serial}`, gateways: [], meters: [] }))
    .institutionId;
  const third = (await fixtureRegistry(owner, { institution: `THIRD-${serial}`, gateways: [], meters: [] }))
    .institutionId;
  await allocate(
    'fixed',
    [institutionId, other, third].map((institution) => ({ institution, weight: 1 })),
  );
  await moves('P', 100_00n);
  await settle();
  const parts = await allocated();
  expect(parts.map(({ energy }) => energy)).toEqual(['33.333334', '33.333333', '33.333333']);
  await allocate('area', [{ institution: institutionId }, { institution: other }], '2026-11-01');
  await owner.query(
    `insert into energy.base_fact (institution_id, kind, value, valid_from, source_document, recorded_by)
     values ($1, 'area', 9000, '2026-01-01', 'x', 'x')`,
    [other],
  );
  await owner.query("select energy.mark_from($1, '2026-11-01')", [idOf('P')]);
  await settle();
  expect(await allocated()).toEqual([
    { institution: institutionId, energy: '25' },
    { institution: other, energy: '75' },
  ]);
  await allocate('none', [], '2026-11-20');
  await owner.query("select energy.mark_from($1, '2026-11-01')", [idOf('P')]);
  await settle();
  expect(await allocated()).toEqual([]);
});

test('a basis that is not known that day leaves the energy where it is, not to a guess', async () => {
  const other = (await fixtureRegistry(owner, { institution: `OTHER-${serial}`, gateways: [], meters: [] }))
    .institutionId;
  await allocate('meter', [
    { institution: institutionId, meter: idOf('A') },
    { institution: other, meter: idOf('B') },
  ]);
  await moves('P', 90_00n);
  await moves('A', 10_00n);
  await settle();
  expect(await allocated()).toEqual([{ institution: institutionId, energy: '90' }]);
  const unallocated = 'select unallocated from energy.allocated_day where meter_id = $1';
  expect((await owner.query(unallocated, [idOf('P')])).rows).toEqual([{ unallocated: true }]);
  await moves('B', 20_00n);
  await settle();
  expect(await allocated()).toEqual([
    { institution: institutionId, energy: '30' },
    { institution: other, energy: '60' },
  ]);
});

test('a confirmed manual reading reaches the ledger once', async () => {
  const insert = (at: number, register: string) =>
    owner.query(
      `insert into energy.manual_reading (meter_id, ts, register, photo_ref, findings, state, entered_by, checked_by, checked_at)
       values ($1, $2, $3, 'photo', '[]', 'confirmed', 'a', 'b', now())`,
      [idOf('A'), new Date(at), register],
    );
  await insert(NOON - 10 * DAY, '1000.5');
  await insert(NOON, '1300.75');
  expect(await bookManualReadings(analytics, NOON)).toBe(2);
  expect(await bookManualReadings(analytics, NOON)).toBe(0);
  await settle();
  const { rows } = await owner.query('select class, counts from ledger.span where meter_id = $1', [idOf('A')]);
  expect(rows).toEqual([{ class: 'undistributed', counts: 300_25n }]);
});

test('days shared out in SQL are those of the rule', async () => {
  for (const [counts, from, to, partFrom, partTo] of [
    [1_000n, '2026-01-01', '2026-02-01', '2026-01-10', '2026-01-11'],
    [7n, '2026-01-01', '2026-01-31', '2025-12-01', '2026-01-16'],
    [123_456_789n, '2026-01-15', '2026-03-16', '2026-02-01', '2026-03-01'],
    [5n, '2026-01-01', '2026-02-01', '2026-02-01', '2026-03-01'],
  ] as const) {
    const { rows } = await owner.query<{ share: string }>(
      'select energy.day_share($1, $2, $3, $4, $5)::text as share',
      [counts, from, to, partFrom, partTo],
    );
    expect(BigInt(rows[0]?.share ?? -1)).toBe(dayShare(counts, from, to, partFrom, partTo));
  }
});
