import { once } from 'node:events';
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OpcUaTemplate } from '@ganzhi/schemas';
import pino from 'pino';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { startOpcUaServer } from '../../../city/servers/opcua-server.ts';
import { templateById } from '../../templates/index.ts';
import type { MeterDriver } from '../driver.ts';
import { createOpcUaDriver } from './driver.ts';
import { type LinkOptions, openOpcUaLink } from './link.ts';

const template = OpcUaTemplate.parse(templateById('opcfoundation-ecm'));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ganzhi-opcua-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const serve = (energyKwh: number | (() => number), port = 0) =>
  startOpcUaServer({
    meters: [
      {
        name: 'M1',
        template,
        registers: () => ({ 'energy.import': typeof energyKwh === 'number' ? energyKwh : energyKwh(), power: 1.5 }),
      },
    ],
    clock: { now: () => 0 },
    dataDir: join(folder, 'server'),
    port,
  });

function driverFor(
  endpointUrl: string,
  object = 'Meters/M1',
  { security = 'none', mode = 'poll', timeoutMs = 5_000 }: Partial<LinkOptions> = {},
): MeterDriver {
  const link = openOpcUaLink({
    mode,
    timeoutMs,
    publishMs: 150,
    endpointUrl,
    security,
    pkiDir: join(folder, security),
    logger: pino({ level: 'silent' }),
    connectPauseMs: 0,
  });
  return createOpcUaDriver({
    connection: { protocol: 'opcua', endpointUrl, object, security, mode },
    points: template.points,
    sessions: { acquire: () => ({ link, release: () => link.close() }) },
  });
}

test('values in Wh and W arrive in kWh and kW; after a restart of the server the session is rebuilt', async () => {
  const server = await serve(1234.567);
  const driver = driverFor(server.endpointUrl);
  await driver.open();
  expect((await driver.read()).values).toEqual([
    { quantity: 'energy.import', value: 1234.567, quality: 0 },
    { quantity: 'power', value: 1.5, quality: 0 },
  ]);

  await server.stop();
  const down = await driver.read();
  expect(down.values).toEqual([]);
  expect(down.failures.map(({ code }) => code)).toEqual(['read-disconnected', 'read-disconnected']);

  const back = await serve(1300, Number(new URL(server.endpointUrl).port));
  expect((await driver.read()).values[0]).toEqual({ quantity: 'energy.import', value: 1300, quality: 0 });
  await driver.close();
  await back.stop();
});

test('an object the server does not have is refused, not a dead connection', async () => {
  const server = await serve(1);
  const driver = driverFor(server.endpointUrl, 'Meters/M9');
  await driver.open();
  const { values, failures } = await driver.read();
  expect(values).toEqual([]);
  expect(failures.map(({ code }) => code)).toEqual(['read-refused', 'read-refused']);
  await driver.close();
  await server.stop();
});

test('an encrypted server is read once a person has moved its certificate from rejected to trusted', async () => {
  const server = await serve(42);
  const driver = driverFor(server.endpointUrl, 'Meters/M1', { security: 'sign-and-encrypt' });
  await driver.open();
  expect((await driver.read()).failures.map(({ code }) => code)).toEqual(['read-disconnected', 'read-disconnected']);
  const pki = join(folder, 'sign-and-encrypt', 'pki');
  const [certificate = ''] = readdirSync(join(pki, 'rejected'));
  renameSync(join(pki, 'rejected', certificate), join(pki, 'trusted', 'certs', certificate));
  expect((await driver.read()).values[0]?.value).toBe(42);
  await driver.close();
  await server.stop();
});

/** Between client and server: a network that can fall silent without closing anything, as failing ones do. */
async function silentNetwork(endpointUrl: string) {
  const { port } = new URL(endpointUrl);
  let isSilent = false;
  const sockets = new Set<net.Socket>();
  const proxy = net.createServer((near) => {
    const far = net.connect(Number(port), '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('data', (chunk) => isSilent || other.write(chunk));
      socket.on('error', () => undefined);
      socket.on('close', () => other.destroy());
    }
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  return {
    endpointUrl: `opc.tcp://127.0.0.1:${(proxy.address() as net.AddressInfo).port}`,
    setSilent(silent: boolean) {
      isSilent = silent;
      // What was swallowed is lost: the old connection cannot go on where it stopped.
      if (!silent) for (const socket of sockets) socket.destroy();
    },
  };
}

const energyOf = async (driver: MeterDriver) => {
  const { values, failures } = await driver.read();
  return values.find(({ quantity }) => quantity === 'energy.import')?.value ?? failures[0]?.code;
};
const WITHIN = { timeout: 15_000, interval: 50 };

test('a subscription: the server sends what changes, and a value that does not change stays believed', async () => {
  let energyKwh = 100;
  const server = await serve(() => energyKwh);
  const driver = driverFor(server.endpointUrl, 'Meters/M1', { mode: 'subscribe' });
  await driver.open();
  expect(await energyOf(driver)).toBe(100);
  energyKwh = 101.5;
  await vi.waitFor(async () => expect(await energyOf(driver)).toBe(101.5), WITHIN);
  // Longer than the silence that a subscription is allowed: its signs of life come.
  await delay(2_600);
  expect(await energyOf(driver)).toBe(101.5);
  await driver.close();
  await server.stop();
});

test.each(['poll', 'subscribe'] as const)(
  'a server that falls silent is not believed, and a new session is built when it speaks again (%s)',
  async (mode) => {
    const server = await serve(42);
    const network = await silentNetwork(server.endpointUrl);
    const driver = driverFor(network.endpointUrl, 'Meters/M1', { mode, timeoutMs: 1_500 });
    await driver.open();
    expect(await energyOf(driver)).toBe(42);
    network.setSilent(true);
    await vi.waitFor(async () => expect(await energyOf(driver)).toMatch(/^read-(timeout|disconnected)$/), WITHIN);
    network.setSilent(false);
    await vi.waitFor(async () => expect(await energyOf(driver)).toBe(42), WITHIN);
    await driver.close();
    await server.stop();
  },
);
