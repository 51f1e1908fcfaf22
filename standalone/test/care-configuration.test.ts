import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fixtureToken } from '@ganzhi/schemas/testing';
import { expect, onTestFinished, test } from 'vitest';
import { BROKER_CA, careNetwork, meterAt, until } from './care-network.ts';

const LIMIT = { timeout: 90_000 };
const M1 = { gateways: ['GW-0001'], meters: [{ code: 'M-1' }] };

test(
  'a configuration is checked by the server, tried by the gateway, kept when it proves itself, left when not',
  LIMIT,
  async () => {
    const { registered, api, deadPort, rows, metric } = await careNetwork(M1);
    const gateway = await registered('GW-0001', [meterAt('M-1', 502)]);
    await until(() => gateway.care.isConnected());
    const push = (meters: unknown[], basedOn: number, more = {}) =>
      api('POST', '/gateways/GW-0001/configurations', { configuration: { meters, trialMs: 3_000, ...more }, basedOn });
    const state = async () => (await api('GET', '/gateways/GW-0001/configurations')).body.state;

    const refused = await push([{ ...meterAt('M-1', 502), points: ['water.volume'] }], 0);
    expect([refused.status, refused.body.errors]).toMatchObject([400, [{ path: 'configuration.meters.0.points' }]]);
    const foreign = await push([meterAt('M-404', 502)], 0);
    expect(foreign.body.errors).toMatchObject([{ path: 'configuration.meters.0.code' }]);

    expect((await push([meterAt('M-1', 503)], 0)).body).toMatchObject({ version: 1, author: 'operator' });
    await until(async () => (await state())?.state === 'active');
    expect(gateway.care.runner()?.configuration()).toBe(1);
    expect((await push([meterAt('M-1', 504)], 0)).status).toBe(409);
    const birth = async () => (await rows<{ t: number }>('select changed_at as t from metering.gateway_state'))[0]?.t;
    // who is connected is written some time after the fact
    await until(async () => (await birth()) !== undefined);
    const connectedAt = await birth();

    // this one reads nothing: after its trial the gateway goes back by itself
    await push([meterAt('M-1', deadPort)], 1);
    await until(async () => (await state())?.state === 'returned');
    expect(await state()).toMatchObject({ version: 2, running: 1, reason: 'no meter could be read' });
    expect(gateway.care.runner()?.configuration()).toBe(1);
    // nothing about the connection changed, so it was never given up
    expect(gateway.care.isConnected()).toBe(true);
    expect(await birth()).toBe(connectedAt);
    expect(await metric('ganzhi_mqtt_connects_total{result="accepted"}')).toBe(1);

    // and stays there after a restart
    await gateway.stop();
    const again = await registered('GW-0001', [], gateway.dataDir);
    await until(() => again.care.isConnected());
    expect(again.care.runner()?.configuration()).toBe(1);
  },
);

test('a wrong configuration pushed to a whole fleet harms none of it', LIMIT, async () => {
  const codes = Array.from({ length: 40 }, (_, k) => `GW-${1000 + k}`);
  const { registered, rows, deadPort } = await careNetwork({
    gateways: codes,
    meters: codes.map((gateway) => ({ code: `M-${gateway}`, gateway })),
  });
  const fleet = await Promise.all(codes.map((code) => registered(code, [meterAt(`M-${code}`, 502)])));
  await until(async () => (await rows('select from metering.latest')).length === codes.length);
  // past the server's checks: a dead address for a half, and for the others what no server would send
  await rows(
    `insert into care.configuration (gateway_id, version, body, digest, author, created_at)
     select id, 1, body, case when id % 4 = 1 then sha256('another text') else sha256(convert_to(body, 'UTF8')) end, 'x', now()
     from (select id, case id % 4
       when 0 then '{"meters":[{"code":"M-' || code || '","template":"no-such-model","connection":{"protocol":"opcua","endpointUrl":"opc.tcp://x","object":"o"}}]}'
       when 1 then '{"meters":[]}'
       else '{"trialMs":1500,"meters":[{"code":"M-' || code || '","template":"eastron-sdm630","intervalMs":1000,"connection":{"protocol":"modbus-tcp","host":"127.0.0.1","port":${deadPort},"unit":1}}]}'
       end as body from registry.gateway) g`,
  );
  await until(
    async () =>
      (await rows("select from care.configuration_state where state in ('refused', 'returned')")).length ===
      codes.length,
  );
  const said = await rows<{ state: string; n: number }>(
    'select state, count(*)::int4 as n from care.configuration_state where running = 0 group by state order by state',
  );
  expect(said).toEqual([
    { state: 'refused', n: 20 },
    { state: 'returned', n: 20 },
  ]);
  const [mark] = await rows<{ now: Date }>('select now() as now');
  await until(
    async () =>
      (await rows('select from metering.latest where ts > $1', [new Date(Number(mark?.now))])).length === codes.length,
  );
  expect(fleet.every(({ care }) => care.isConnected() && care.runner()?.configuration() === 0)).toBe(true);
});

test('kill -9 in the middle of a trial: the last good configuration comes back', LIMIT, async () => {
  const { ingest, api, dataDir, rows } = await careNetwork(M1);
  const at = dataDir();
  const file = `${at}.json`;
  const install = {
    ...{ serial: 'SN-1', code: 'GW-0001', token: fixtureToken('GW-0001'), dataDir: at, meters: [] },
    careUrl: `http://127.0.0.1:${ingest.doorPort}`,
    mqttUrl: `mqtt://127.0.0.1:${ingest.mqttPort}`,
  };
  writeFileSync(file, JSON.stringify(install));
  const start = () => {
    const program = fileURLToPath(new URL('../bin/ganzhi.mjs', import.meta.url));
    const child = spawn(process.execPath, [program, 'gateway', '--config', file], {
      stdio: 'ignore',
      env: { ...process.env, GANZHI_GATEWAY_HTTP_PORT: '0', LOG_LEVEL: 'silent' },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  };
  const killHard = async (child: ReturnType<typeof start>) => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  const reported = async (state: string) => {
    await until(async () => (await api('GET', '/gateways/GW-0001/configurations')).body.state?.state === state);
    return (await api('GET', '/gateways/GW-0001/configurations')).body.state;
  };
  const push = (meters: unknown[], basedOn: number) =>
    api('POST', '/gateways/GW-0001/configurations', { configuration: { meters, trialMs: 3_600_000 }, basedOn });

  let child = start();
  await push([], 0);
  await reported('active');
  // nothing listens there, and the trial would last an hour
  await push([meterAt('M-1', 1)], 1);
  await reported('trial');
  for (let kills = 0; kills < 3; kills += 1) {
    await until(async () => (await rows('select from metering.gateway_state where online')).length === 1);
    await killHard(child);
    await until(async () => (await rows('select from metering.gateway_state where online')).length === 0);
    child = start();
    await until(async () => (await rows('select from metering.gateway_state where online')).length === 1);
  }
  expect(await reported('returned')).toMatchObject({ version: 2, running: 1 });
  await killHard(child);
});

test('a gateway with a certificate enrols, speaks TLS, and rotates its key', LIMIT, async () => {
  const { gateway, api, ingest, institutionId, rows, dataDir } = await careNetwork();
  const at = dataDir();
  const caFile = `${at}-ca.pem`;
  writeFileSync(caFile, BROKER_CA);
  const config = {
    ...{ serial: 'SN-TLS', credential: 'certificate' as const, caFile },
    mqttUrl: `mqtts://127.0.0.1:${ingest.mqttTlsPort}`,
  };
  const device = await gateway(config, { dataDir: at });
  await until(() => device.waited.some((waiting) => waiting.for === 'approval'));
  const [request] = (await api('GET', '/gateway-enrolments')).body.items;
  const body = { gatewayCode: 'GW-TLS', institutionId, fingerprint: request.fingerprint };
  await api('POST', `/gateway-enrolments/${request.id}/approval`, body);
  await until(() => device.care.isConnected());
  const print = async () =>
    (
      await rows<{ p: string }>(
        "select encode(certificate_sha256, 'hex') as p from registry.gateway where code = 'GW-TLS'",
      )
    )[0]?.p;
  const first = await print();
  await api('POST', '/gateways/GW-TLS/commands', { command: { kind: 'rotate-credential' } });
  await until(async () => (await print()) !== first);
  await until(() => device.care.isConnected());
  await api('POST', '/gateways/GW-TLS/revocation', { reason: 'test' });
  await until(() => !device.care.isConnected());
});
