import { expect, test } from 'vitest';
import { careNetwork, meterAt, type StartedGateway, until } from './care-network.ts';

const LIMIT = { timeout: 60_000 };
const waitsForApproval = ({ waited }: StartedGateway): boolean => waited.some((waiting) => waiting.for === 'approval');

test('an unknown gateway waits for a person, gets its credential once, and delivers', LIMIT, async () => {
  const { gateway, api, institutionId, rows } = await careNetwork({ gateways: ['GW-0001'] });
  const unknown = await gateway({ serial: 'SN-7', meters: [meterAt('M-NEW', 502)] });
  await until(() => waitsForApproval(unknown));
  expect(await rows('select code from registry.gateway')).toEqual([{ code: 'GW-0001' }]);

  const [request] = (await api('GET', '/gateway-enrolments?state=pending')).body.items;
  expect(request).toMatchObject({ serial: 'SN-7', state: 'pending', gatewayCode: null, sameSerial: 0 });
  expect(unknown.waited.at(-1)).toMatchObject({ fingerprint: request.fingerprint });

  const decision = { gatewayCode: 'GW-0007', institutionId, fingerprint: request.fingerprint };
  const path = `/gateway-enrolments/${request.id}/approval`;
  const other = await api('POST', path, { ...decision, fingerprint: 'AAAA-AAAA-AAAA-AAAA' });
  expect([other.status, other.body.errors[0].path]).toEqual([400, 'fingerprint']);
  expect((await api('POST', path, decision)).body).toMatchObject({ state: 'approved', gatewayCode: 'GW-0007' });
  await until(() => unknown.care.isConnected());
  expect(unknown.care.code()).toBe('GW-0007');
  // its meter is not registered: its readings wait in quarantine, and say that they came
  await until(async () => (await rows('select from metering.quarantine')).length > 0);

  await until(async () => (await rows("select from care.enrolment where state = 'completed'")).length === 1);
  expect((await api('POST', path, decision)).status).toBe(409);
  const trail = await rows<{ action: string }>("select action from platform.audit where target = 'SN-7'");
  expect(trail).toEqual([{ action: 'gateway-enrolment.approve' }]);

  // a restart needs no second enrolment
  await unknown.stop();
  const again = await gateway({ serial: 'SN-7' }, { dataDir: unknown.dataDir });
  await until(() => again.care.isConnected());
  expect(again.waited).toEqual([]);
});

test('a refused gateway stays out and is told why', LIMIT, async () => {
  const { gateway, api, rows } = await careNetwork();
  const stranger = await gateway();
  await until(() => waitsForApproval(stranger));
  const [request] = (await api('GET', '/gateway-enrolments')).body.items;
  await api('POST', `/gateway-enrolments/${request.id}/refusal`, { reason: '非本市设备' });
  await until(() => stranger.waited.at(-1)?.for === 'nothing');
  expect(stranger.waited.at(-1)).toMatchObject({ reason: '非本市设备' });
  expect(await rows("select from registry.gateway where code <> 'GW-0001'")).toEqual([]);
});

test('a token is rotated by command: the old one dies at the first use of the new one', LIMIT, async () => {
  const { registered, api, rows } = await careNetwork();
  const gateway = await registered('GW-0001', [meterAt('M-1', 502)]);
  await until(() => gateway.care.isConnected());
  const token = async () =>
    (await rows<{ t: string }>("select encode(token_sha256, 'hex') as t from registry.gateway"))[0]?.t;
  const before = await token();
  await api('POST', '/gateways/GW-0001/commands', { command: { kind: 'rotate-credential' } });
  await until(async () => (await token()) !== before);
  const [row] = await rows<{ next: unknown }>('select next_token_sha256 as next from registry.gateway');
  expect(row?.next).toBeNull();
  await until(() => gateway.care.isConnected());
  const [command] = (await api('GET', '/gateways/GW-0001/commands')).body.items;
  expect(command).toMatchObject({ state: 'done', result: { kind: 'token', sha256: await token() } });

  // the new one is on disk
  await gateway.stop();
  const again = await registered('GW-0001', [], gateway.dataDir);
  await until(() => again.care.isConnected());
});

test(
  'a revoked gateway is cut off at once, refused, counted, and comes back only by a new enrolment',
  LIMIT,
  async () => {
    const { registered, api, metric } = await careNetwork();
    const gateway = await registered('GW-0001', []);
    await until(() => gateway.care.isConnected());
    expect((await api('POST', '/gateways/GW-0001/revocation', { reason: '设备失窃' })).status).toBe(204);
    await until(() => !gateway.care.isConnected());
    expect(await metric('ganzhi_mqtt_connections_cut_total')).toBe(1);
    await until(async () => (await metric('ganzhi_mqtt_connects_total{result="refused"}')) >= 2);
    expect(gateway.care.isConnected()).toBe(false);
  },
);

test('commands are obeyed once and answered, whichever of two ingest processes sends them', LIMIT, async () => {
  const { registered, api, rows, startIngest } = await careNetwork({
    meters: [{ code: 'M-1' }, { code: 'M-2' }],
  });
  await startIngest();
  const gateway = await registered('GW-0001', [meterAt('M-1', 502), meterAt('M-2', 1)]);
  await until(() => gateway.care.isConnected());
  const give = async (command: unknown) => (await api('POST', '/gateways/GW-0001/commands', { command })).body.id;
  const ids = [
    await give({ kind: 'read-now', meters: ['M-1'] }),
    await give({ kind: 'self-test' }),
    await give({ kind: 'set-log-level', level: 'error' }),
    await give({ kind: 'read-now', meters: ['M-9'] }),
    await give({ kind: 'set-interval', intervalMs: 2_000 }),
    await give({ kind: 'reload-templates' }),
  ];
  const answered = async () => {
    const { items } = (await api('GET', '/gateways/GW-0001/commands')).body;
    return new Map<string, { state: string; result: unknown; errorCode: string | null }>(
      items.map((item: { id: string }) => [item.id, item]),
    );
  };
  await until(async () =>
    [...(await answered()).values()].every(({ state }) => state === 'done' || state === 'failed'),
  );
  const by = await answered();
  expect(by.get(ids[0])).toMatchObject({ state: 'done', result: { meters: 1, readings: 1 } });
  expect(by.get(ids[1])).toMatchObject({
    state: 'done',
    result: { ok: false, metersRead: 1, metersFailing: [{ meter: 'M-2', code: 'read-timeout' }] },
  });
  expect(by.get(ids[3])).toMatchObject({ state: 'failed', errorCode: 'unknown-meter' });
  expect(by.get(ids[4])).toMatchObject({ state: 'done', result: { meters: 2, intervalMs: 2_000 } });
  const [audited] = await rows<{ n: bigint }>(
    "select count(*) as n from platform.audit where action = 'gateway-command.create'",
  );
  expect(Number(audited?.n)).toBe(ids.length);
});

test('a command is not repeated under its key, and expires when nobody takes it', LIMIT, async () => {
  const { api, rows } = await careNetwork();
  const key = { 'idempotency-key': 'key-0001' };
  const body = { command: { kind: 'read-now' }, expiresInS: 5 };
  const first = await api('POST', '/gateways/GW-0001/commands', body, key);
  expect((await api('POST', '/gateways/GW-0001/commands', body, key)).body.id).toBe(first.body.id);
  expect((await api('POST', '/gateways/GW-0001/commands', { command: { kind: 'self-test' } }, key)).status).toBe(409);
  expect((await api('POST', '/gateways/GW-404/commands', body)).status).toBe(404);
  await rows("update care.command set requested_at = now() - interval '1 h', expires_at = now()");
  await until(async () => {
    const [command] = (await api('GET', '/gateways/GW-0001/commands')).body.items;
    return command.state === 'expired' && command.errorCode === 'command-expired';
  });
});
