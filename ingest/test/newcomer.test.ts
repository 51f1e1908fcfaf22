import { MINUTE } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { harness, NOW, until } from './harness.ts';
import { batchOf } from './publisher.ts';

test('messages that come together for a meter registered a moment ago all wait for the same look into the registry', async () => {
  const { connect, rows, owner } = await harness({ registryPollMs: 60 * MINUTE });
  await owner.query("update registry.meter set code = 'M-NEW'");
  const gateway = await connect();
  const batches = Array.from({ length: 8 }, (_, i) =>
    batchOf([{ m: 'M-NEW', p: 'energy.import', t: NOW - i * MINUTE, x: i }]),
  );
  await Promise.all(batches.map((batch) => gateway.send(batch)));
  await until(() => gateway.acks.length === batches.length);
  expect(gateway.acks.flatMap((ack) => ack.rejected)).toEqual([]);
  expect(await rows('select from metering.reading')).toHaveLength(8);
});
