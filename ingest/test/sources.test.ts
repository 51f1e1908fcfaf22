import { fixtureToken } from '@ganzhi/schemas/testing';
import { expect, test } from 'vitest';
import { harness, NOW, until } from './harness.ts';
import { batchOf } from './publisher.ts';

test('readings are counted by the door they came through, also when they wait for the same transaction', async () => {
  const city = await harness({ doorPort: 0, batchMs: 300 });
  const gateway = await city.connect();
  const reading = (t: number, x: number) => ({ m: 'M-1', p: 'energy.import', t, x });
  const http = fetch(`http://127.0.0.1:${city.ingest.doorPort}/api/v1/ingest/readings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${fixtureToken('GW-0001')}`, 'content-type': 'application/json' },
    body: JSON.stringify(batchOf([reading(NOW, 1), reading(NOW - 1, 2), { m: 'M-404', p: 'power', t: NOW, x: 1 }])),
  });
  await Promise.all([http, gateway.send(batchOf([reading(NOW, 1), reading(NOW - 2, 3)]))]);
  expect(await (await http).json()).toMatchObject({ status: 'stored', rejected: [{ i: 2, code: 'unknown-meter' }] });
  await until(() => gateway.acks.length === 1);
  expect(gateway.acks[0]).toMatchObject({ status: 'stored', rejected: [] });
  const metrics = await (await fetch(`http://127.0.0.1:${city.ingest.httpPort}/metrics`)).text();
  const count = (source: string, result: string): number =>
    Number(new RegExp(`readings_total\\{source="${source}",result="${result}"\\} (\\d+)`).exec(metrics)?.[1] ?? 0);
  const sum = (source: string): number => count(source, 'stored') + count(source, 'repeated');
  expect({ http: sum('http'), mqtt: sum('mqtt'), refused: count('http', 'quarantined') }).toEqual({
    http: 2,
    mqtt: 2,
    refused: 1,
  });
  expect(await city.rows('select from metering.reading')).toHaveLength(3);
});
