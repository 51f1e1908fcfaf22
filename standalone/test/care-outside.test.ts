import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findMosquitto, startMosquitto } from '@ganzhi/gateway-firmware-sim/testing/mosquitto';
import { downTopic, upTopic } from '@ganzhi/schemas';
import { fixtureToken } from '@ganzhi/schemas/testing';
import mqtt from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { careNetwork, meterAt, until } from './care-network.ts';

const program = findMosquitto();
const LIMIT = { timeout: 90_000 };
const INGEST = { username: 'ganzhi-ingest', password: 'password of ingest' };
/** As ingest/README.md says. */
const RIGHTS = [
  `user ${INGEST.username}`,
  'topic read ganzhi/v1/+/up/#',
  'topic write ganzhi/v1/+/down/#',
  '',
  'pattern write ganzhi/v1/%u/up/#',
  'pattern read ganzhi/v1/%u/down/#',
];

test.runIf(process.env.CI)('CI has a Mosquitto to test with (.ci/run installs it)', () => {
  expect(program).toBeDefined();
});

describe.skipIf(program === undefined)('remote care over Mosquitto with its rights (skipped without it)', () => {
  test(
    'a gateway enrols over HTTP, is configured and obeys over the outside broker, and nobody hears its orders',
    LIMIT,
    async () => {
      const thief = { username: 'GW-0001', password: fixtureToken('GW-0001') };
      const broker = await startMosquitto(program ?? '', {
        users: { [INGEST.username]: INGEST.password, [thief.username]: thief.password },
        rights: RIGHTS,
      });
      onTestFinished(() => broker.stop());
      const { gateway, api, institutionId, rows } = await careNetwork({}, { broker: { url: broker.url, ...INGEST } });

      const device = await gateway({ serial: 'SN-7', mqttUrl: broker.url });
      await until(() => device.waited.some((waiting) => waiting.for === 'approval'));
      const [request] = (await api('GET', '/gateway-enrolments?state=pending')).body.items;
      const decision = { gatewayCode: 'GW-0007', institutionId, fingerprint: request.fingerprint };
      await api('POST', `/gateway-enrolments/${request.id}/approval`, decision);
      await until(() => device.care.code() === 'GW-0007');
      // who connects is that broker's affair: its operator lets the new gateway in
      const identity = JSON.parse(readFileSync(join(device.dataDir, 'care', 'identity.json'), 'utf8'));
      broker.admit('GW-0007', identity.current.token);
      await until(() => device.care.isConnected());

      // another gateway of the same broker listens where it may not, and speaks in this one's name
      const heard: string[] = [];
      const spy = await mqtt.connectAsync(broker.url, { ...thief, clientId: thief.username, clean: true });
      onTestFinished(() => spy.endAsync(true));
      spy.on('message', (topic) => heard.push(topic));
      const own = downTopic('GW-0001', 'cmd');
      await spy.subscribeAsync([own, downTopic('GW-0007', 'cmd'), downTopic('GW-0007', 'config'), '#'], { qos: 1 });

      const institution = (await rows<{ id: number }>("select id from registry.gateway where code = 'GW-0007'"))[0]?.id;
      await rows('update registry.meter set gateway_id = $1', [institution]);
      const configuration = { meters: [meterAt('M-1', 502)], trialMs: 30_000 };
      const pushed = await api('POST', '/gateways/GW-0007/configurations', { configuration, basedOn: 0 });
      expect([pushed.status, pushed.body.version]).toEqual([201, 1]);
      const state = async () => (await api('GET', '/gateways/GW-0007/configurations')).body.state?.state;
      await until(async () => (await state()) === 'active');
      expect(device.care.runner()?.configuration()).toBe(1);

      const { id } = (await api('POST', '/gateways/GW-0007/commands', { command: { kind: 'read-now' } })).body;
      const forged = { v: 1, id, at: 1, state: 'failed', result: {} };
      spy.publish(upTopic('GW-0007', 'cmd'), JSON.stringify(forged), { qos: 1 });
      const command = async () => (await api('GET', '/gateways/GW-0007/commands')).body.items[0];
      await until(async () => (await command()).answeredAt !== null);
      expect(await command()).toMatchObject({ id, state: 'done', result: { meters: 1, readings: 1 } });
      expect(heard).toEqual([]);

      // the broker dies: the gateway comes back by itself, and obeys what was asked meanwhile
      await broker.kill();
      await until(() => !device.care.isConnected());
      const later = (await api('POST', '/gateways/GW-0007/commands', { command: { kind: 'self-test' } })).body.id;
      await broker.restart();
      await until(async () => (await command()).id === later && (await command()).answeredAt !== null);
      expect(await command()).toMatchObject({ state: 'done', result: { ok: true, configuration: 1 } });
    },
  );
});
