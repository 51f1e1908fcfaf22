import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { HOUR, signedText } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';
import { cohortsOf, stateAfter } from './rules.ts';

const harness = await startHarness({ now: Date.parse('2026-11-23T12:00:00+08:00') });
const { app, owner, clock } = harness;
afterAll(() => harness.stop());

const CODES = Array.from({ length: 10 }, (_, k) => `GW-${1000 + k}`);
const pair = generateKeyPairSync('ed25519');
const publicKey = pair.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64url');
const operator = await harness.person('operator', { role: 'fleet-operator', wholeCity: true });

// before the people: a scope names a division that is there
await fixtureRegistry(owner, { institution: 'CZ-A', division: '320412', gateways: CODES.slice(0, 4), meters: [] });
await fixtureRegistry(owner, { institution: 'CZ-B', division: '320402', gateways: CODES.slice(4), meters: [] });
// all but the last told their model when they were let in
await owner.query(
  `insert into care.enrolment (serial, model, firmware, secret_sha256, announced_at, last_seen_at, state, gateway_id, decided_by, decided_at)
   select code, 'm', '1', sha256(code::bytea), $1, $1, 'completed', id, 'x', $1 from registry.gateway where code <> $2`,
  [new Date(clock.now), CODES.at(-1)],
);
const district = await harness.person('district', { role: 'fleet-operator', division: '320412' });

const post = (path: string, body: object, { headers = {}, person = operator } = {}) =>
  app.inject({ method: 'POST', url: `/api/v1${path}`, headers: { ...person.headers, ...headers }, payload: body });
const get = (path: string, person = operator) => app.inject({ url: `/api/v1${path}`, headers: person.headers });

function upload(version: string, bytes: Buffer, changed: { model?: string; size?: number } = {}, headers = {}) {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const text = signedText({ model: 'm', version, sha256, size: bytes.length, ...changed });
  const signature = sign(null, Buffer.from(text), pair.privateKey).toString('base64url');
  return post(`/firmware-images?model=m&version=${version}&signature=${signature}`, bytes, {
    headers: { 'content-type': 'application/octet-stream', ...headers },
  });
}

test('the way of a roll-out: key, image, cohorts, completeness, pause, resume, stop, abort', async () => {
  expect((await upload('2.0', Buffer.from('image'))).json().code).toBe('signature-invalid');
  const key = await post('/firmware-keys', { name: 'maker', publicKey });
  expect([key.statusCode, key.json()]).toMatchObject([201, { name: 'maker', publicKey, retiredAt: null }]);
  expect((await post('/firmware-keys', { name: 'other', publicKey })).statusCode).toBe(409);

  expect((await upload('2.0', Buffer.from('image'), { model: 'n' })).statusCode).toBe(422);
  expect((await upload('2.0', Buffer.from('image'), { size: 4 })).statusCode).toBe(422);
  const image = await upload('2.0', Buffer.from('image'), {}, { 'idempotency-key': 'up-1' });
  expect([image.statusCode, image.json()]).toMatchObject([201, { bytes: 5, key: 'maker', uploadedBy: 'operator' }]);
  expect((await upload('2.0', Buffer.from('image'), {}, { 'idempotency-key': 'up-1' })).json()).toEqual(image.json());
  expect((await upload('2.0', Buffer.from('other'))).statusCode).toBe(409);
  expect((await upload('2.1', Buffer.alloc(16 * 1024 * 1024 + 1))).statusCode).toBe(413);
  expect((await get('/firmware-images')).json().items).toEqual([image.json()]);

  const order = { imageId: image.json().id, stages: [20, 100], soakS: 3_600, maxDrop: 0.05 };
  const begun = await post('/firmware-rollouts', order, { headers: { 'idempotency-key': 'r-1' } });
  expect(begun.statusCode).toBe(201);
  const { id } = begun.json();
  expect((await post('/firmware-rollouts', order, { headers: { 'idempotency-key': 'r-1' } })).json().id).toBe(id);
  // nine of known model: two of them first
  expect(begun.json().cohorts).toMatchObject([
    { stage: 1, percent: 20, progress: { waiting: 2 }, lastCheck: null },
    { stage: 2, percent: 100, progress: { waiting: 7 }, lastCheck: null },
  ]);
  const again = await post('/firmware-rollouts', order);
  expect([again.statusCode, again.json().detail]).toEqual([409, expect.stringContaining('9')]);

  await owner.query(
    "update care.rollout_gateway set state = 'confirmed', ordered_at = $1, settled_at = $1 where stage = 1",
    [new Date(clock.now)],
  );
  await owner.query(
    `insert into care.rollout_check (rollout_id, stage, checked_at, gateways, failed, before_share, after_share, verdict)
     values ($1, 1, $2, 2, 0, 0.9, 0.91, 'wait'), ($1, 1, $2, 2, 0, 0.98, 0.97, 'good')`,
    [id, new Date(clock.now)],
  );
  const detail = await get(`/firmware-rollouts/${id}`);
  expect(detail.json().cohorts[0]).toMatchObject({
    progress: { confirmed: 2, waiting: 0 },
    lastCheck: { gateways: 2, failed: 0, completenessBefore: 0.98, completenessAfter: 0.97, verdict: 'good' },
  });
  expect((await get(`/firmware-rollouts/${id}/gateways?state=confirmed`)).json().items).toHaveLength(2);

  const decide = (kind: string, reason = 'heating starts', person = operator) =>
    post(`/firmware-rollouts/${id}/decisions`, { kind, reason }, { person });
  expect((await decide('resume')).statusCode).toBe(409);
  expect((await decide('pause')).json()).toMatchObject({ state: 'paused', reason: 'heating starts' });
  clock.now += HOUR;
  const resumed = (await decide('resume', 'calm again')).json();
  expect(resumed).toMatchObject({ state: 'running', reason: null, stageStartedAt: '2026-11-23T13:00:00.000+08:00' });
  expect(
    (await post(`/firmware-keys/${key.json().id}/retirement`, { reason: 'lost' })).json().retiredAt,
  ).not.toBeNull();
  await decide('pause');
  expect((await decide('resume')).json().detail).toContain('停用');
  expect((await decide('abort', 'key lost')).json()).toMatchObject({ state: 'aborted', reason: 'key lost' });
  expect((await decide('abort')).statusCode).toBe(409);
  expect((await post('/firmware-rollouts', order)).statusCode).toBe(409);

  const { rows } = await owner.query<{ action: string; after: { reason?: string } }>(
    "select action, after from platform.audit where action like 'firmware-rollout.%' and actor = 'operator' order by id",
  );
  expect(rows.map(({ action, after }) => [action, after.reason])).toMatchObject([
    ['firmware-rollout.create', null],
    ['firmware-rollout.pause', 'heating starts'],
    ['firmware-rollout.resume', 'calm again'],
    ['firmware-rollout.pause', 'heating starts'],
    ['firmware-rollout.abort', 'key lost'],
  ]);
});

test('a district sees its own gateways of a roll-out, no figure of the others, and decides nothing', async () => {
  const { rows } = await owner.query<{ id: string }>('select id from care.rollout');
  const id = rows[0]?.id;
  const seen = (await get(`/firmware-rollouts/${id}`, district)).json();
  const total = (progress: Record<string, number>) => Object.values(progress).reduce((sum, n) => sum + n, 0);
  expect([total(seen.progress), seen.reason, seen.cohorts[0].lastCheck]).toEqual([4, null, null]);
  const codes = (await get(`/firmware-rollouts/${id}/gateways`, district)).json().items;
  expect(codes.map((row: { gatewayCode: string }) => row.gatewayCode)).toEqual(CODES.slice(0, 4));
  for (const answer of [
    await post(`/firmware-rollouts/${id}/decisions`, { kind: 'abort', reason: 'x' }, { person: district }),
    await post('/firmware-rollouts', { imageId: 1 }, { person: district }),
    await post('/firmware-keys', { name: 'mine', publicKey: 'A'.repeat(43) }, { person: district }),
  ]) {
    expect([answer.statusCode, answer.json().code]).toEqual([403, 'forbidden']);
  }
});

test('gateways can be named or chosen by division; what is not to be had is said', async () => {
  const fresh = generateKeyPairSync('ed25519');
  Object.assign(pair, fresh);
  const raw = fresh.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64url');
  await post('/firmware-keys', { name: 'maker 2', publicKey: raw });
  const { id: imageId } = (await upload('3.0', Buffer.from('three'))).json();
  const named = await post('/firmware-rollouts', { imageId, gateways: [CODES.at(-1)] });
  expect([named.statusCode, named.json().progress.waiting]).toEqual([201, 1]);
  const wrong = await post('/firmware-rollouts', { imageId, gateways: ['GW-NOWHERE'] });
  expect([wrong.statusCode, wrong.json().errors[0].path]).toEqual([400, 'gateways']);
  const division = await post('/firmware-rollouts', { imageId, division: '320412', stages: [100] });
  expect(division.json().cohorts).toMatchObject([{ progress: { waiting: 4 } }]);
  for (const stages of [[50], [50, 50, 100], [100, 50], []]) {
    expect((await post('/firmware-rollouts', { imageId, stages })).statusCode).toBe(400);
  }
});

test('cohorts hold their share, differ by roll-out, and the first is never empty', () => {
  const drawn = cohortsOf(CODES, [10, 50, 100], 'a');
  const sizes = [1, 2, 3].map((stage) => [...drawn.values()].filter((one) => one === stage).length);
  expect(sizes).toEqual([1, 4, 5]);
  expect(cohortsOf([...CODES].reverse(), [10, 50, 100], 'a')).toEqual(drawn);
  const firsts = Array.from({ length: 20 }, (_, n) =>
    [...cohortsOf(CODES, [10, 100], `${n}`)].find(([, s]) => s === 1),
  );
  expect(new Set(firsts.map((first) => first?.[0])).size).toBeGreaterThan(3);
  expect(cohortsOf(['only'], [5, 100], 'a')).toEqual(new Map([['only', 1]]));
  expect(stateAfter('resume', 'completed')).toBeUndefined();
});
