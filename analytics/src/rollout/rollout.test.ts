import { HOUR, MINUTE, quantityByCode, SECOND } from '@ganzhi/schemas';
import { fixtureRegistry, testDatabase } from '@ganzhi/schemas/testing';
import { expect, onTestFinished, test } from 'vitest';
import { judgeRollouts } from './judge.ts';
import { judgeCohort } from './rules.ts';

const ORDERED = Date.parse('2026-11-23T12:00:00+08:00');
const SOAK = HOUR;
const POINT = quantityByCode('energy.import')?.id ?? 0;

/** Ten gateways with a meter each, a value a minute before the order; the image `keeps` that share of them afterwards. */
async function rollout(keeps: number) {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const owner = await database.open('ganzhi_owner');
  const codes = Array.from({ length: 10 }, (_, k) => `GW-${1000 + k}`);
  const { meters } = await fixtureRegistry(owner, {
    gateways: codes,
    meters: codes.map((gateway) => ({ code: `M-${gateway}`, gateway, intervalS: 60, points: { 'energy.import': 2 } })),
  });
  await owner.query("select metering.ensure_partition('metering.reading', $1)", [new Date(ORDERED)]);
  for (const id of meters.values()) {
    await owner.query(
      `insert into metering.reading (meter_id, point, quality, ts, value, batch_id)
       select $1, $2, 0, $3::timestamptz + n * interval '1 minute', n, 1 from generate_series(-120, 119) n
       where n < 0 or floor((n + 1) * $4::float8) > floor(n * $4::float8)`,
      [id, POINT, new Date(ORDERED), keeps],
    );
  }
  await owner.query(
    "insert into care.firmware_key (name, public_key, added_by, added_at) values ('k', sha256('k'), 'x', now())",
  );
  await owner.query(
    `insert into care.firmware_image (model, version, sha256, signature, key_id, content, uploaded_by, uploaded_at)
     select 'm', '2', sha256('i'), decode(repeat('00', 64), 'hex'), id, 'i', 'x', now() from care.firmware_key`,
  );
  await owner.query(
    `insert into care.rollout (image_id, stages, stage_started_at, soak_s, max_drop, trial_s, created_by, created_at)
     select id, '{50,100}', $1, $2, 0.1, 300, 'x', $1 from care.firmware_image`,
    [new Date(ORDERED), SOAK / SECOND],
  );
  await owner.query(
    `insert into care.rollout_gateway (rollout_id, gateway_id, stage, state, ordered_at, settled_at)
     select r.id, g.id, case when g.id % 2 = 0 then 1 else 2 end,
       case when g.id % 2 = 0 then 'confirmed' else 'waiting' end, $1, $1 from care.rollout r, registry.gateway g`,
    [new Date(ORDERED)],
  );
  const db = await database.open('ganzhi_analytics');
  const state = async () => (await owner.query('select state, stage, reason from care.rollout')).rows[0];
  return { owner, state, judge: (after: number) => judgeRollouts(db, ORDERED + after) };
}

test('a good image goes on to the next cohort after its soak time, and to the end', async () => {
  const { owner, state, judge } = await rollout(1);
  await judge(10 * MINUTE);
  expect(await state()).toMatchObject({ state: 'running', stage: 1 });
  await judge(SOAK + 3 * MINUTE);
  expect(await state()).toMatchObject({ state: 'running', stage: 2 });
  const { rows } = await owner.query(
    'select before_share, after_share, verdict from care.rollout_check order by id desc limit 1',
  );
  expect(rows).toEqual([{ before_share: '1.00000', after_share: '1.00000', verdict: 'good' }]);
  await owner.query(
    "update care.rollout_gateway set state = 'confirmed', ordered_at = $1, settled_at = $1 where stage = 2",
    [new Date(ORDERED + SOAK)],
  );
  await judge(3 * HOUR);
  expect(await state()).toMatchObject({ state: 'completed' });
});

test('an image that loses readings stops the roll-out before the soak time is over', async () => {
  const { state, judge } = await rollout(0.7);
  expect(await judge(20 * MINUTE)).toBe(1);
  expect(await state()).toMatchObject({
    state: 'stopped',
    stage: 1,
    reason: expect.stringMatching(/fell from 100.0 % to (6|7)/),
  });
});

test('gateways that go back, refuse or fall silent stop it as well', async () => {
  const { owner, state, judge } = await rollout(1);
  await owner.query(
    "update care.rollout_gateway set state = 'returned', reason = 'x' where gateway_id = (select min(gateway_id) from care.rollout_gateway where stage = 1)",
  );
  await judge(5 * MINUTE);
  expect(await state()).toMatchObject({ state: 'stopped', reason: '1 of 5 gateways did not keep the image' });
  await owner.query("update care.rollout set state = 'running', stage_started_at = $1", [
    new Date(ORDERED + 6 * MINUTE),
  ]);
  await owner.query("update care.rollout_gateway set state = 'ordered', settled_at = null where stage = 1");
  await judge(HOUR);
  expect(await state()).toMatchObject({ state: 'stopped', reason: '5 of 5 gateways did not keep the image' });
});

test('time that a person held it does not make a gateway silent', async () => {
  const { owner, state, judge } = await rollout(1);
  await owner.query(
    "update care.rollout_gateway set state = 'ordered', settled_at = null where gateway_id = (select min(gateway_id) from care.rollout_gateway where stage = 1)",
  );
  // paused soon after the order, resumed two hours later
  await owner.query('update care.rollout set stage_started_at = $1', [new Date(ORDERED + 2 * HOUR)]);
  await judge(2 * HOUR + MINUTE);
  expect(await state()).toMatchObject({ state: 'running' });
  await judge(3 * HOUR);
  expect(await state()).toMatchObject({ state: 'stopped', reason: '1 of 5 gateways did not keep the image' });
});

test('a cohort that was bad before is not held against the image; nothing due decides nothing', () => {
  const figures = { gateways: 10, failed: 0, underWay: 0, due: 100, before: 50, after: 48, watched: true };
  expect(judgeCohort(figures, { maxDrop: 0.1, stageOver: true })).toEqual({ verdict: 'good' });
  expect(judgeCohort({ ...figures, after: 44 }, { maxDrop: 0.1, stageOver: false })).toMatchObject({ verdict: 'stop' });
  expect(judgeCohort({ ...figures, due: 0, before: 0, after: 0 }, { maxDrop: 0.1, stageOver: false })).toEqual({
    verdict: 'wait',
  });
  expect(judgeCohort({ ...figures, underWay: 1 }, { maxDrop: 0.1, stageOver: true })).toEqual({ verdict: 'wait' });
});
