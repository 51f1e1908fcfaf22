import { DAY, HOUR, MINUTE } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bookHours, bookSpan, startHarness, storeReadings } from '../../../test/harness.ts';

const NOW = Date.parse('2026-11-23T12:00:00+08:00');
const TEN = Date.parse('2026-11-22T10:00:00+08:00');
const harness = await startHarness({ now: NOW });
const { owner, get } = harness;
afterAll(() => harness.stop());

let institution = 0;
let meter = 0;

beforeAll(async () => {
  const registry = await fixtureRegistry(owner, { meters: [{ code: 'M-1', ct: 40 }, { code: 'M-2' }] });
  institution = registry.institutionId;
  meter = registry.meters.get('M-1') ?? 0;
  await bookHours(owner, meter, [{ at: TEN, counts: 250, ratio: 40 }]);
  await bookHours(owner, registry.meters.get('M-2') ?? 0, [{ at: TEN, counts: 100 }]);
  await bookSpan(owner, meter, { from: TEN + 2 * HOUR, to: TEN + 5 * HOUR, counts: 1_000 });
  await storeReadings(
    owner,
    meter,
    Array.from({ length: 5 }, (_, i) => ({ at: TEN + i * 15 * MINUTE, value: 1_000 + i })),
  );
  await owner.query(
    `insert into metering.batch (gateway_id, batch, seq, received_at, replay, readings, digest)
     overriding system value select gateway_id, gen_random_uuid(), 1, $2, true, 5, '\\xab' from registry.meter where id = $1`,
    [meter, new Date(TEN + DAY)],
  );
  await owner.query(
    `insert into metering.reading_revision values ($1, 1, $2, 1009, 1, (select max(id) from metering.batch), $2)`,
    [meter, new Date(TEN)],
  );
  await owner.query(`insert into metering.read_failure values ($1, 'read-timeout', $2, $2, 3)`, [meter, new Date(NOW)]);
  await owner.query(
    `insert into ledger.decision (meter_id, point, from_ts, to_ts, kind, effect, evidence, rule)
     select $1, 1, $2::timestamptz + n * interval '15 minutes', $2::timestamptz + (n + 2) * interval '15 minutes',
       case when n = 0 then 'spike' else 'frozen' end, 'set-aside', '{"readings":1}', 2 from generate_series(0, 2) n`,
    [meter, new Date(TEN)],
  );
});

test('a figure down to its readings, their batches and the gateway', async () => {
  const answer = await get(`/meters/${meter}/explanation?from=2026-11-22T10:00:00%2B08:00`);
  expect(answer.json()).toMatchObject({
    meterCode: 'M-1',
    unit: 'kWh',
    figure: { booked: 100, undistributed: 0, disputed: 0 },
    hours: [{ counts: '250', ratio: '40', coveredS: 3_600, source: 'measured' }],
    ratios: [{ from: null, ct: 40, pt: 1 }],
    failure: { code: 'read-timeout' },
  });
  const { readings, decisions } = answer.json();
  expect(readings).toHaveLength(6);
  expect(readings[1]).toMatchObject({
    counts: '1009',
    isRevision: true,
    gateway: 'GW-0001',
    isReplay: true,
    digest: 'ab',
  });
  expect(decisions.map(({ kind }: { kind: string }) => kind)).toEqual(['spike', 'frozen', 'frozen']);
  const day = (await get(`/meters/${meter}/explanation?from=2026-11-22&to=2026-11-23`)).json();
  expect(day.figure).toEqual({ booked: 100, undistributed: 10, disputed: 0 });
  expect((await get(`/meters/${meter}/explanation?from=2026-11-20&to=2026-11-23`)).json().errors[0].path).toBe('to');
});

test("an institution's figure, term by term", async () => {
  const answer = (await get(`/institutions/${institution}/explanation?from=2026-11-22&to=2026-11-23`)).json();
  expect(answer).toMatchObject({
    formula: 'M-1 + M-2',
    figure: { booked: 101, undistributed: 10, disputed: 0 },
    meters: [
      { meterCode: 'M-1', booked: 100 },
      { meterCode: 'M-2', booked: 1 },
    ],
  });
});

test('decisions page, latest first, by kind', async () => {
  const seen: string[] = [];
  let cursor = '';
  do {
    const page = (await get(`/register-decisions?limit=1&meterId=${meter}${cursor && `&cursor=${cursor}`}`)).json();
    seen.push(...page.items.map((item: { from: string }) => item.from.slice(11, 16)));
    cursor = page.nextCursor ?? '';
  } while (cursor);
  expect(seen).toEqual(['10:30', '10:15', '10:00']);
  expect((await get('/register-decisions?kind=spike&effect=set-aside')).json().items).toHaveLength(1);
});

test('a figure as it was known, and the list of what changed since, by how much and why', async () => {
  const known = '2026-11-22T20:00:00+08:00';
  await owner.query(`update ledger.hour set known_since = $2 where meter_id = $1`, [meter, new Date(NOW - HOUR)]);
  await owner.query(`update ledger.day set known_since = $2 where meter_id = $1`, [meter, new Date(NOW - HOUR)]);
  await owner.query(
    `insert into ledger.superseded_hour values ($1, 1, $2, 200, 40, 3600, 'measured', $3, $4, 'readings')`,
    [meter, new Date(TEN), new Date(TEN + HOUR), new Date(NOW - HOUR)],
  );
  await owner.query(
    `insert into ledger.superseded_day values ($1, 1, '2026-11-22', 8000, 0, 0, 3600, $2, $3, 'readings')`,
    [meter, new Date(TEN + HOUR), new Date(NOW - HOUR)],
  );
  const hourly = `/meters/${meter}/consumption?grain=hour&from=2026-11-22T10:00:00%2B08:00&to=2026-11-22T11:00:00%2B08:00`;
  expect((await get(hourly)).json().total.consumption).toBe(100);
  expect((await get(`${hourly}&knownOn=${encodeURIComponent(known)}`)).json().total.consumption).toBe(80);
  expect((await get(`${hourly}&knownOn=2026-11-22T10:30:00%2B08:00`)).json().total.consumption).toBeNull();
  const daily = `/meters/${meter}/consumption?grain=day&from=2026-11-22&to=2026-11-23&knownOn=${encodeURIComponent(known)}`;
  expect((await get(daily)).json().total.consumption).toBe(80);

  const { items } = (await get(`/ledger-restatements?since=${encodeURIComponent(known)}`)).json();
  expect(items).toEqual([
    {
      meterId: meter,
      meterCode: 'M-1',
      day: '2026-11-22',
      unit: 'kWh',
      before: { booked: 80, undistributed: 0, disputed: 0 },
      after: { booked: 100, undistributed: 10, disputed: 0 },
      change: 30,
      causes: ['readings'],
      changedAt: '2026-11-23T11:00:00.000+08:00',
    },
  ]);
  expect((await get('/ledger-restatements?since=2026-11-23T11:30:00%2B08:00')).json().items).toEqual([]);
});

test('how current the ledger is, and when it was last proved', async () => {
  expect((await get('/ledger-state')).json()).toEqual({ watermarks: [], lastProof: null });
  await owner.query(`insert into ledger.watermark values ('hour', $1, 3, $1)`, [new Date(NOW)]);
  await owner.query(
    `insert into ledger.conservation_run (started_at, finished_at, meters, pending_marks, differences, examples)
     values ($1, $1, 2, 0, 1, '[]')`,
    [new Date(NOW)],
  );
  expect((await get('/ledger-state')).json()).toMatchObject({
    watermarks: [{ level: 'hour', waiting: 3 }],
    lastProof: { meters: 2, differences: 1 },
  });
});
