import { MINUTE } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { harness, NOW, until } from './harness.ts';
import { batchOf } from './publisher.ts';

const GATEWAYS = Array.from({ length: 5 }, (_, g) => `GW-000${g + 1}`);
const BATCHES = 20;

test('under load every counter tells exactly what happened', async () => {
  const city = await harness(
    {},
    { gateways: GATEWAYS, meters: GATEWAYS.map((gateway) => ({ code: `M-${gateway}`, gateway })) },
  );
  const gateways = await Promise.all(GATEWAYS.map((code) => city.connect(code)));
  const reading = (code: string, k: number, x = k) => ({ m: `M-${code}`, p: 'energy.import', t: NOW - k * MINUTE, x });
  await Promise.all(
    gateways.map(async (gateway) => {
      const { code } = gateway;
      const batches = Array.from({ length: BATCHES }, (_, k) =>
        batchOf([reading(code, 2 * k), reading(code, 2 * k + 1), { ...reading(code, k), m: 'M-404' }], {
          replay: k % 4 === 3,
        }),
      );
      await Promise.all(batches.map((batch) => gateway.send(batch)));
      // the same message again; the same value in another message; another value; nothing good; nothing at all
      await gateway.send(batches[0] ?? '');
      await gateway.send(batchOf([reading(code, 0)]));
      await gateway.send(batchOf([reading(code, 1, 77)]));
      await gateway.send(batchOf([{ ...reading(code, 0), m: 'M-404' }]));
      await gateway.send('no JSON');
    }),
  );
  await until(() => gateways.every(({ acks }) => acks.length === BATCHES + 4));
  const text = await (await fetch(`http://127.0.0.1:${city.ingest.httpPort}/metrics`)).text();
  const metric = (name: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length + 1),
    );
  const all = GATEWAYS.length;
  const messages = (result: string) => metric(`ganzhi_ingest_messages_total{source="mqtt",result="${result}"}`);
  const readings = (result: string) => metric(`ganzhi_ingest_readings_total{source="mqtt",result="${result}"}`);
  expect({ stored: messages('stored'), duplicate: messages('duplicate'), rejected: messages('rejected') }).toEqual({
    stored: all * (BATCHES + 2),
    duplicate: all,
    rejected: all * 2,
  });
  expect({ stored: readings('stored'), repeated: readings('repeated'), revised: readings('revised') }).toEqual({
    stored: all * BATCHES * 2,
    repeated: all,
    revised: all,
  });
  expect(await city.rows('select count(*) from metering.reading')).toEqual([{ count: BigInt(all * BATCHES * 2) }]);
  expect(metric('ganzhi_ingest_quarantined_total{reason="unknown-meter"}')).toBe(all * (BATCHES + 2));
  expect(metric('ganzhi_ingest_quarantined_total{reason="invalid-payload"}')).toBe(all);
  const liveWithRows = (BATCHES * 3) / 4 + 3;
  expect(metric('ganzhi_ingest_reading_delay_seconds_count')).toBe(all * liveWithRows);
  expect(metric('ganzhi_ingest_commit_duration_seconds_count')).toBeGreaterThan(0);
  expect(metric('ganzhi_ingest_queue_readings')).toBe(0);
  expect(metric('ganzhi_mqtt_clients')).toBe(all);
  expect(metric('ganzhi_ingest_replay_gateways')).toBe(all);
  for (const name of ['ganzhi_build_info{', 'ganzhi_db_pool_connections{', 'process_cpu_', 'nodejs_eventloop_lag']) {
    expect(text).toContain(name);
  }
  expect(text, 'no label names a gateway or a meter').not.toMatch(/GW-0001|M-GW/);
});
