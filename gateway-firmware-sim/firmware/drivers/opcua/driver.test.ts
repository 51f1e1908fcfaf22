import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpcUaTemplate } from '@ganzhi/schemas';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

const serve = (energyKwh: number, port = 0) =>
  startOpcUaServer({
    meters: [{ name: 'M1', template, registers: () => ({ 'energy.import': energyKwh, power: 1.5 }) }],
    clock: { now: () => 0 },
    dataDir: join(folder, 'server'),
    port,
  });

function driverFor(endpointUrl: string, object = 'Meters/M1', security: LinkOptions['security'] = 'none'): MeterDriver {
  const link = openOpcUaLink({
    endpointUrl,
    security,
    pkiDir: join(folder, security),
    logger: pino({ level: 'silent' }),
    connectPauseMs: 0,
  });
  return createOpcUaDriver({
    connection: { protocol: 'opcua', endpointUrl, object, security },
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
  const driver = driverFor(server.endpointUrl, 'Meters/M1', 'sign-and-encrypt');
  await driver.open();
  expect((await driver.read()).failures.map(({ code }) => code)).toEqual(['read-disconnected', 'read-disconnected']);
  const pki = join(folder, 'sign-and-encrypt', 'pki');
  const [certificate = ''] = readdirSync(join(pki, 'rejected'));
  renameSync(join(pki, 'rejected', certificate), join(pki, 'trusted', 'certs', certificate));
  expect((await driver.read()).values[0]?.value).toBe(42);
  await driver.close();
  await server.stop();
});
