import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY } from '@ganzhi/schemas';
import pino from 'pino';
import { expect, test } from 'vitest';
import { startAckBroker } from '../testing/ack-broker.ts';
import { makePopulation } from './population.ts';
import { startCity } from './simulate.ts';

test('three sites report all their meters live, and a day of history that joins what is live', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-city-'));
  const broker = await startAckBroker();
  const population = makePopulation({ sites: 3 });
  const city = await startCity({
    population,
    tokens: Object.fromEntries(population.gateways.map(({ code }) => [code, 'x'])),
    mqttUrl: broker.url,
    dataDir: folder,
    seed: 1,
    epochMs: Date.now() - 5 * DAY,
    historyDays: 1,
    httpPort: 0,
    logger: pino({ level: 'silent' }),
  });
  const readings = (replay: boolean) =>
    broker.batches.filter((batch) => batch.replay === replay).flatMap((batch) => batch.readings);
  const codes = population.meters.map(({ code }) => code).sort();
  await broker.until(() => new Set(readings(false).map(({ m }) => m)).size === codes.length);
  await broker.until(() => city.progress().total > 0 && readings(true).length === city.progress().total);
  for (const code of codes) {
    const register = (list: ReturnType<typeof readings>) =>
      list.filter(({ m, p }) => m === code && p === 'energy.import').map(({ x }) => Number(x));
    const past = register(readings(true));
    expect(past.length).toBeGreaterThan(90);
    expect(past).toEqual([...past].sort((a, b) => a - b));
    expect(register(readings(false))[0]).toBeGreaterThanOrEqual(past.at(-1) ?? Number.NaN);
  }
  const progress = await (await fetch(`http://127.0.0.1:${city.httpPort}/progress`)).json();
  expect(progress).toMatchObject({ historyTotal: readings(true).length });
  await city.stop();
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a gateway without a token is said before anything is left running', async () => {
  const start = startCity({
    population: makePopulation({ sites: 1 }),
    tokens: {},
    mqttUrl: 'mqtt://127.0.0.1:1',
    dataDir: join(tmpdir(), 'ganzhi-never'),
    seed: 1,
    epochMs: 0,
    historyDays: 0,
    httpPort: 0,
    logger: pino({ level: 'silent' }),
  });
  await expect(start).rejects.toThrow(/has no token/);
});
