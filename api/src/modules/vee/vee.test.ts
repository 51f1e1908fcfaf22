import { USUAL_LIMITS, VEE_RULES } from '@ganzhi/analytics/rules';
import { DAY, HOUR, MINUTE } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bookHours, bookSpan, POWER, startHarness, storeReadings } from '../../../test/harness.ts';

const NOW = Date.parse('2026-11-23T12:00:00+08:00');
const at = (text: string): number => Date.parse(`${text}+08:00`);
const harness = await startHarness({ now: NOW });
const { owner, app, token, get } = harness;
afterAll(() => harness.stop());
const post = (url: string, payload: object, authorization = `Bearer ${token}`) =>
  app.inject({ method: 'POST', url: `/api/v1${url}`, payload, headers: { authorization } });
const run = async (query: string) => {
  const answer = await get(`/vee-dry-run?from=2026-11-16&to=2026-11-23&${query}`);
  expect(answer.statusCode).toBe(200);
  return answer.json();
};
const NOTHING = { flags: 0, meters: 0, hours: 0, energy: [] };

let registry: Awaited<ReturnType<typeof fixtureRegistry>>;
const idOf = (code: string): number => registry.meters.get(code) ?? 0;

/** Everything the service may read, to be sure that a dry run leaves it as it was. */
async function everything(): Promise<unknown> {
  const tables = [
    'ledger.hour',
    'ledger.span',
    'ledger.day',
    'ledger.decision',
    'metering.dirty_span',
    'platform.audit',
  ];
  const counts = tables.map(
    async (table) => (await owner.query(`select md5(string_agg(t::text, ',')) from ${table} t`)).rows,
  );
  return Promise.all(counts);
}

beforeAll(async () => {
  registry = await fixtureRegistry(owner, {
    meters: [
      { code: 'P', modulus: 1_000_000n },
      { code: 'A', parent: 'P' },
      { code: 'B', parent: 'P' },
    ],
  });
  await owner.query('update registry.point set max_per_hour = 400 where meter_id = $1 and point = 1', [idOf('A')]);
  const start = at('2026-11-18T08:00:00');
  // A moves 100 a quarter, then 250 in one: 2.5 times the maximum of 400 an hour
  const counts = [0, 100, 200, 300, 400, 650, 750, 850, 950, 1_050];
  await storeReadings(
    owner,
    idOf('A'),
    counts.map((value, i) => ({ at: start + i * 15 * MINUTE, value })),
  );
  await bookHours(owner, idOf('A'), [
    { at: start, counts: 400 },
    { at: start + HOUR, counts: 550 },
    { at: start + 2 * HOUR, counts: 100 },
  ]);
  // B: a plateau of an hour and three quarters, then what was missed; a gap of five hours after it
  const plateau = [
    0, 20, 40, 60, 80, 100, 120, 140, 160, 160, 160, 160, 160, 280, 300, 320, 340, 360, 380, 400, 420, 440,
  ];
  await storeReadings(
    owner,
    idOf('B'),
    plateau.map((value, i) => ({ at: start + i * 15 * MINUTE, value })),
  );
  const gapEnd = start + 21 * 15 * MINUTE + 5 * HOUR;
  await storeReadings(owner, idOf('B'), [{ at: gapEnd, value: 840 }]);
  await bookSpan(owner, idOf('B'), { from: start + 21 * 15 * MINUTE, to: gapEnd, counts: 400 });
  await storeReadings(owner, idOf('P'), [
    { at: start, value: 999_999_999 },
    { at: start + 15 * MINUTE, value: -4, point: POWER },
  ]);
});

test('V2: in force nothing, at a lower threshold the step; the hours and the energy in question; nothing is written', async () => {
  const before = await everything();
  // 250 counts in a quarter are 1,000 an hour, 2.5 times 400
  const inForce = await run('rule=V2&medium=electricity');
  expect(inForce).toMatchObject({
    meters: 3,
    proposed: null,
    inForce: { flags: 1, meters: 1, hours: 1, energy: [{ unit: 'kWh', quantity: 5.5 }] },
    thresholds: [
      { parameter: 'timesMaximum', role: 'main', value: 2 },
      { parameter: 'timesMaximum', role: 'sub', value: 2 },
    ],
    examples: [{ meterCode: 'A', from: '2026-11-18T09:00:00.000+08:00', detail: 'implausible 400 650' }],
  });
  const higher = await run('rule=V2&value=2.6');
  expect([higher.inForce.flags, higher.proposed]).toEqual([1, NOTHING]);
  expect((await run('rule=V2&value=1')).proposed.flags).toBe(1);
  expect(await everything()).toEqual(before);
});

test('V4 asks the classifier: a longer plateau is asked for, and the display is no longer frozen', async () => {
  const tried = await run(`rule=V4&value=8&meterId=${idOf('B')}`);
  expect([tried.inForce.flags, tried.proposed.flags]).toEqual([1, 0]);
  expect(tried.inForce).toMatchObject({ meters: 1, hours: 2 });
});

test('V1, V6, V8, V11: a register beyond its range, a gap with its energy, a sum that is not the movement, power turned round', async () => {
  expect((await run('rule=V1')).examples).toMatchObject([{ meterCode: 'P', detail: '9999999.99' }]);
  const gaps = await run(`rule=V6&meterId=${idOf('B')}&value=24`);
  expect(gaps.inForce).toMatchObject({ flags: 1, hours: 6, energy: [{ unit: 'kWh', quantity: 4 }] });
  expect(gaps.proposed).toEqual(NOTHING);
  // hours of B were never booked by this test: the registers moved 440 more than the ledger holds
  const sums = await run(`rule=V8&meterId=${idOf('B')}`);
  expect(sums.examples).toMatchObject([{ meterCode: 'B', detail: 'registers 840, ledger 400' }]);
  expect((await run(`rule=V8&meterId=${idOf('A')}`)).inForce).toEqual(NOTHING);
  expect((await run('rule=V11')).examples).toMatchObject([{ meterCode: 'P', detail: 'power -0.004' }]);
});

test('V5, V9, V10, V12: spike of a day, day against like days, parent against children, meter against bill', async () => {
  const own = await fixtureRegistry(owner, {
    institution: 'CZ-0002',
    gateways: ['GW-2'],
    meters: [{ code: 'Q' }, { code: 'C', parent: 'Q' }],
  });
  const [q = 0, c = 0] = [...own.meters.values()];
  const whole = { coveredS: 86_400 };
  for (let day = 0; day < 14; day += 1) {
    const noon = at('2026-11-09T12:00:00') + day * DAY;
    const isLast = day === 10;
    await bookHours(owner, q, [{ at: noon, counts: isLast ? 50_000 : 10_000, ...whole, coveredS: 3_600 }]);
    await bookHours(owner, c, [{ at: noon, counts: 9_800 }]);
  }
  await bookHours(
    owner,
    q,
    [1, 2, 3].map((n) => ({ at: at('2026-11-19T12:00:00') + n * HOUR, counts: 10_000 })),
  );
  await owner.query('update ledger.day set covered_s = 86400 where meter_id = any($1::int4[])', [[q, c]]);
  // 2026-11-19 is a Thursday: 800 kWh against 100 kWh on the workdays before
  const only = `institutionId=${own.institutionId}`;
  expect((await run(`rule=V9&${only}`)).examples).toMatchObject([{ meterCode: 'Q', detail: '8.000' }]);
  expect((await run(`rule=V9&${only}&parameter=high&value=9`)).proposed).toEqual(NOTHING);
  expect((await run(`rule=V5&${only}`)).examples).toMatchObject([{ meterCode: 'Q', detail: '4.000' }]);
  expect((await run(`rule=V10&${only}`)).examples).toMatchObject([
    { meterCode: 'Q', from: '2026-11-19T00:00:00.000+08:00', detail: '0.8775' },
  ]);
  expect((await run(`rule=V10&${only}&value=0.01`)).proposed).toMatchObject({ flags: 7, meters: 1, hours: 168 });
  const { rows } = await owner.query<{ id: number }>(
    `insert into energy.utility_account (institution_id, carrier, account_no, supplier, purpose, counting, created_by)
     values ($1, 'electricity', 'E-1', '供电公司', 'building', 'check', 'test') returning id`,
    [own.institutionId],
  );
  await owner.query(
    `insert into energy.bill (account_id, from_day, to_day, quantity, document_ref, origin, entered_by)
     values ($1, '2026-11-16', '2026-11-19', 310, 'x', 'entry', 'test')`,
    [rows[0]?.id],
  );
  // 300 kWh metered against 310 billed: 3.2 %
  const bill = await run(`rule=V12&${only}`);
  expect(bill.examples).toMatchObject([{ meterCode: 'Q', detail: 'bill 310.0000, metered 300.00' }]);
  expect((await run(`rule=V12&${only}&parameter=billShare&value=0.04`)).proposed).toEqual(NOTHING);
});

test('V7: a clock beyond the warning', async () => {
  await owner.query(
    `insert into metering.gateway_state (gateway_id, online, changed_at, last_seen_at, clock_offset_ms)
     select id, true, $1, $1, -90000 from registry.gateway where code = 'GW-0001'`,
    [new Date(NOW - DAY)],
  );
  const { inForce, examples } = await run('rule=V7');
  expect([inForce.flags, examples[0].detail]).toEqual([3, '-90.0 s, warn']);
});

test('a threshold is dated, audited and recomputes what depends on it; outside its bounds it is refused', async () => {
  const body = {
    rule: 'V2',
    parameter: 'timesMaximum',
    role: 'sub',
    value: 3,
    validFrom: '2026-11-18',
    reason: '现场核查',
  };
  expect((await post('/vee-thresholds', { ...body, value: 200 })).json().errors[0].path).toBe('value');
  expect((await post('/vee-thresholds', { ...body, parameter: 'x' })).json().errors[0].path).toBe('parameter');
  const district = await harness.person('district', { role: 'division-administrator', division: '320412' });
  expect((await post('/vee-thresholds', body, district.headers.authorization)).statusCode).toBe(403);

  const created = await post('/vee-thresholds', body);
  expect(created.statusCode).toBe(201);
  const marks = await owner.query(
    `select m.code, d.from_ts as since, d.cause from metering.dirty_span d join registry.meter m on m.id = d.meter_id order by 1`,
  );
  expect(marks.rows).toEqual(['A', 'B'].map((code) => ({ code, since: at('2026-11-18T00:00:00'), cause: 'rule' })));
  const audited = await owner.query(
    `select actor, after ->> 'reason' as reason from platform.audit where action = 'vee-threshold.create'`,
  );
  expect(audited.rows).toEqual([{ actor: 'tester', reason: '现场核查' }]);
  // from its day on for its kind of meter; before it the handbook's
  expect((await run(`rule=V2&meterId=${idOf('A')}`)).inForce.flags).toBe(0);
  const { items } = (await get('/vee-thresholds?rule=V2')).json();
  expect(items.map(({ value }: { value: number }) => value)).toEqual([2, 3]);
});

test('what is recorded at first are the thresholds that the rules name, and the classifier uses without any', async () => {
  const { rows } = await owner.query<{ rule: string; parameter: string; value: number }>(
    `select rule, parameter, value::float8 as value from ledger.vee_threshold where recorded_by = 'handbook' and medium is null`,
  );
  const names = VEE_RULES.flatMap(({ code, parameters }) => parameters.map(({ name }) => `${code} ${name}`));
  expect(rows.map(({ rule, parameter }) => `${rule} ${parameter}`).sort()).toEqual(names.sort());
  const recorded = (rule: string) => rows.find((row) => row.rule === rule)?.value;
  expect([recorded('V2'), recorded('V4')]).toEqual([USUAL_LIMITS.timesMaximum, USUAL_LIMITS.frozenIntervals]);
});

test('a span too long or turned round is refused by its name', async () => {
  for (const [query, path] of [
    ['rule=V2&from=2026-09-01&to=2026-11-01', 'to'],
    ['rule=V2&from=2026-11-02&to=2026-11-01', 'to'],
    ['rule=V9&value=1', 'parameter'],
    ['rule=V3&value=1', 'parameter'],
    ['rule=V13', 'rule'],
  ] as const) {
    const answer = await get(`/vee-dry-run?${query}`);
    expect([query, answer.statusCode, answer.json().errors[0].path]).toEqual([query, 400, path]);
  }
});

test('a check meter is another meter of the same medium', async () => {
  const url = `/meters/${idOf('A')}/check-meters`;
  const body = { checkMeterId: idOf('B'), from: '2026-11-01', note: '考核表' };
  expect((await post(url, { ...body, checkMeterId: idOf('A') })).json().errors[0].path).toBe('checkMeterId');
  expect((await post(url, body)).statusCode).toBe(201);
  expect((await get(url)).json().items).toMatchObject([
    {
      meterId: idOf('A'),
      checkMeterId: idOf('B'),
      from: '2026-11-01T00:00:00.000+08:00',
      to: null,
      recordedBy: 'tester',
    },
  ]);
});
