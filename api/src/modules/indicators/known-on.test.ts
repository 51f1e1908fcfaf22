import { HOUR } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { bookHours, startHarness } from '../../../test/harness.ts';
import { DATED_PARTS } from '../../energy/dated-parts.ts';
import { readParts } from '../../energy/parts.ts';

/** One April, told again and again: an edited hour, a late bill that is voided, a corrected area. */
const at = (text: string) => Date.parse(`${text}+08:00`);
const harness = await startHarness({ now: at('2026-05-02T08:00:00') });
const { owner, app, token, clock, get } = harness;
afterAll(() => harness.stop());
const { institutionId: id, meters } = await fixtureRegistry(owner);
const meter = meters.get('M-1') ?? 0;
const hour = at('2026-04-10T08:00:00');
await bookHours(owner, meter, [{ at: hour, counts: 10_000, knownSince: hour + HOUR }]);

const post = async (url: string, payload: object) => {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await app.inject({ method: 'POST', url: `/api/v1${url}`, payload, headers });
  expect([url, answer.statusCode < 300, answer.statusCode < 300 ? '' : answer.body]).toEqual([url, true, '']);
  return answer.json();
};
const april = 'from=2026-04-01&to=2026-05-01';
const read = async (knownOn?: string) => {
  const known = knownOn ? `&knownOn=${encodeURIComponent(`${knownOn}+08:00`)}` : '';
  const figures = (await get(`/institutions/${id}/indicators?${april}${known}`)).json();
  const quantity = (carrier: string) =>
    figures.carriers.find((one: { carrier: string }) => one.carrier === carrier)?.quantity ?? null;
  return [quantity('electricity'), quantity('lpg'), figures.areaM2];
};

test('each figure as it stood: before and after a late bill, its voiding, a corrected area and an edited hour', async () => {
  await post(`/institutions/${id}/base-facts`, {
    kind: 'area',
    value: '1000',
    validFrom: '2026-01-01',
    sourceDocument: '产权证',
  });
  clock.now = at('2026-05-02T08:05:00');
  const account = await post('/utility-accounts', {
    institutionId: id,
    carrier: 'lpg',
    accountNo: 'L-1',
    supplier: '液化气站',
    counting: 'additional',
  });
  await owner.query('update energy.utility_account set created_at = $1', [new Date(clock.now)]);
  const bill = await post('/bills', {
    accountId: account.id,
    from: '2026-04-01',
    to: '2026-05-01',
    quantity: '300',
    documentRef: 'B-1',
  });
  clock.now = at('2026-05-02T08:10:00');
  await post(`/institutions/${id}/base-facts`, {
    kind: 'area',
    value: '1200',
    validFrom: '2026-01-01',
    sourceDocument: '房产测绘更正',
  });
  clock.now = at('2026-05-02T08:15:00');
  await post(`/bills/${bill.id}/void`, { reason: '抄错户号' });
  // what a recomputation writes when a reading was revised
  await owner.query(
    `with old as (select * from ledger.day where meter_id = $1)
     insert into ledger.superseded_day (meter_id, point, day, booked, undistributed, disputed, covered_s, known_since, known_until, cause)
     select meter_id, point, day, booked, undistributed, disputed, covered_s, known_since, $2, 'edit' from old`,
    [meter, new Date(at('2026-05-02T08:20:00'))],
  );
  await owner.query('update ledger.day set booked = 9000, known_since = $2 where meter_id = $1', [
    meter,
    new Date(at('2026-05-02T08:20:00')),
  ]);
  clock.now = at('2026-05-02T08:25:00');

  expect(await read('2026-05-02T08:03:00')).toEqual([100, null, 1000]);
  expect(await read('2026-05-02T08:07:00')).toEqual([100, 300, 1000]);
  expect(await read('2026-05-02T08:12:00')).toEqual([100, 300, 1200]);
  expect(await read('2026-05-02T08:17:00')).toEqual([100, null, 1200]);
  expect(await read('2026-05-02T08:22:00')).toEqual([90, null, 1200]);
  expect(await read()).toEqual([90, null, 1200]);
  // before anybody knew the hour there was nothing, which is not zero
  expect((await read('2026-04-10T08:30:00'))[0]).toBeNull();
});

test('as known for ever is as known now', async () => {
  const days = { from: '2026-04-01', to: '2026-05-01' };
  const span = [new Date(at('2026-04-01T00:00:00')), new Date(at('2026-05-01T00:00:00'))];
  const { rows } = await owner.query(DATED_PARTS, [[id], days.from, days.to, ...span, 'infinity', null]);
  expect(rows).toEqual(await readParts(owner, [id], days));
});
