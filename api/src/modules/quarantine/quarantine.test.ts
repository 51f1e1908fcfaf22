import { afterAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';

const harness = await startHarness();
const { owner, get, inject, person, token } = harness;
afterAll(() => harness.stop());

const insert = (i: number, reason = 'unknown-meter', gateway = 'GW-0001', day = 23) =>
  owner.query(
    `insert into metering.quarantine (received_at, gateway_code, reason, detail, payload, digest)
     values ($1, $2, $3, 'M-9', $4, sha256($5))`,
    [
      `2026-11-${day}T12:00:00+08:00`,
      gateway,
      reason,
      JSON.stringify({ m: `M-${i}`, p: i % 2 ? 'energy.import' : 'power', x: i }),
      Buffer.from([i]),
    ],
  );
const post = (body: object, headers: Record<string, string> = {}, as = token) =>
  inject({
    method: 'POST',
    url: '/api/v1/quarantine/replays',
    headers: { authorization: `Bearer ${as}`, ...headers },
    payload: body,
  });
const idsOf = async (query: string): Promise<string> =>
  (await get(`/quarantine?${query}`))
    .json()
    .items.map((item: { id: string }) => item.id)
    .join();

test('refused readings, newest first, page by page; newcomers do not shift the pages', async () => {
  for (let i = 1; i <= 5; i += 1) await insert(i);
  const first = (await get('/quarantine?limit=2')).json();
  expect(first.items[0]).toEqual({
    id: '5',
    receivedAt: '2026-11-23T12:00:00.000+08:00',
    gatewayCode: 'GW-0001',
    reason: 'unknown-meter',
    detail: 'M-9',
    payload: { m: 'M-5', p: 'energy.import', x: 5 },
    resolvedAt: null,
    resolution: null,
    replayId: null,
  });
  await insert(6);
  const second = (await get(`/quarantine?limit=2&cursor=${first.nextCursor}`)).json();
  const third = (await get(`/quarantine?limit=2&cursor=${second.nextCursor}`)).json();
  expect([...second.items, ...third.items].map((item) => item.id)).toEqual(['3', '2', '1']);
  expect(third.nextCursor).toBeNull();
});

test('filters by reason, gateway, meter, point, time and state; counts by reason', async () => {
  await insert(7, 'future-time', 'GW-0002', 20);
  await insert(8, 'unknown-meter', 'GW-0002');
  await owner.query(
    "update metering.quarantine set resolved_at = now(), resolution = 'stored', replay_id = 1 where id = 2",
  );
  expect(await idsOf('gateway=GW-0002')).toBe('8,7');
  expect(await idsOf('reason=future-time')).toBe('7');
  expect(await idsOf('meter=M-3')).toBe('3');
  expect(await idsOf('point=power')).toBe('8,6,4');
  expect(await idsOf('to=2026-11-21')).toBe('7');
  expect(await idsOf('from=2026-11-21&state=all&limit=3')).toBe('8,6,5');
  expect(await idsOf('state=resolved')).toBe('2');
  const { items, total } = (await get('/quarantine/counts')).json();
  expect(total).toBe(7);
  expect(items).toEqual([
    {
      reason: 'unknown-meter',
      titleZh: '未登记的计量表',
      titleEn: 'The meter is not in the registry',
      entries: 6,
      gateways: 2,
      oldestAt: '2026-11-23T12:00:00.000+08:00',
      newestAt: '2026-11-23T12:00:00.000+08:00',
    },
    expect.objectContaining({ reason: 'future-time', entries: 1 }),
  ]);
  expect((await get('/quarantine/counts?gateway=GW-0002&reason=unknown-meter')).json().total).toBe(1);
});

test('a replay is requested once by its key, leaves an audit row, and tells its progress', async () => {
  const answer = await post({ reason: 'unknown-meter', gateway: 'GW-0001' }, { 'idempotency-key': 'k-1' });
  expect(answer.statusCode).toBe(201);
  const replay = answer.json();
  expect(replay).toMatchObject({
    requestedBy: 'tester',
    reason: 'unknown-meter',
    gateway: 'GW-0001',
    meter: null,
    state: 'waiting',
    matched: 5,
    stored: 0,
  });
  const again = await post({ reason: 'unknown-meter', gateway: 'GW-0001' }, { 'idempotency-key': 'k-1' });
  expect([again.statusCode, again.json().id]).toEqual([200, replay.id]);
  const other = await post({ reason: 'future-time' }, { 'idempotency-key': 'k-1' });
  expect([other.statusCode, other.json().code]).toEqual([409, 'conflict']);
  const audits = await owner.query("select actor, after from platform.audit where action = 'quarantine-replay.create'");
  expect(audits.rows).toEqual([
    { actor: 'tester', after: { reason: 'unknown-meter', gateway: 'GW-0001', matched: 5 } },
  ]);

  await owner.query('update metering.quarantine_replay set started_at = now(), stored = 3, refused = 1');
  expect((await get(`/quarantine/replays/${replay.id}`)).json()).toMatchObject({
    state: 'running',
    stored: 3,
    refused: 1,
  });
  await owner.query('update metering.quarantine_replay set finished_at = now()');
  const { items, nextCursor } = (await get('/quarantine/replays')).json();
  expect([items.length, items[0].state, nextCursor]).toEqual([1, 'finished', null]);
});

test('not by an empty body, a bad key or an auditor', async () => {
  expect((await post({})).statusCode).toBe(400);
  const bad = await post({ reason: 'x' }, { 'idempotency-key': 'a b' });
  expect([bad.statusCode, bad.json().errors[0].path]).toEqual([400, 'Idempotency-Key']);
  const auditor = await person('auditor', { role: 'auditor', wholeCity: true });
  const answer = await post({ reason: 'unknown-meter' }, {}, auditor.token);
  expect([answer.statusCode, answer.json().code]).toEqual([403, 'forbidden']);
  expect((await get('/quarantine/replays')).json().items).toHaveLength(1);
});
