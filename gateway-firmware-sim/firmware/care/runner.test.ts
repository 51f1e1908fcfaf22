import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downTopic, parseTopic } from '@ganzhi/schemas';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { startAckBroker } from '../../testing/ack-broker.ts';
import { systemClock } from '../clock/index.ts';
import { createCaredGateway } from './gateway.ts';
import { parseInstallConfig } from './install.ts';

const ORDER = {
  v: 1,
  id: '0198f0f0-0000-7000-8000-000000000001',
  sentAt: 1_000,
  expiresAt: 2_000,
  body: { kind: 'rotate-credential' },
};

test('a next credential that the server learns of late is presented again, and takes the place of the former', async () => {
  const presented: string[] = [];
  const broker = await startAckBroker({
    admits(token) {
      presented.push(token);
      // another process of the server took the answer: this one hears of the new token after it has refused it twice
      return token === 'first' || presented.filter((one) => one === token).length > 2;
    },
  });
  const dataDir = mkdtempSync(join(tmpdir(), 'ganzhi-runner-'));
  const care = createCaredGateway({
    install: parseInstallConfig({
      ...{ serial: 'SN-1', code: 'GW-1', token: 'first', careUrl: 'http://127.0.0.1:1', mqttUrl: broker.url, dataDir },
    }),
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    publisher: { reconnectMs: { min: 5, max: 20 } },
    rotationPauseMs: 20,
  });
  onTestFinished(async () => {
    await care.stop();
    await broker.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const births = () => broker.seen.filter(({ topic }) => parseTopic(topic)?.kind === 'meta').length;
  await care.start();
  await broker.until(() => births() === 1);
  broker.send(downTopic('GW-1', 'cmd'), ORDER);
  await broker.until(() => presented.at(-1) !== 'first' && births() === 4);
  const next = presented.at(-1);
  expect(presented).toEqual(['first', next, 'first', next, 'first', next]);
});
