import { MINUTE, type TelemetryBatch } from '@ganzhi/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Harness, harness, NOW } from './harness.ts';
import { batchOf, Publisher } from './publisher.ts';

const METERS = ['M-1', 'M-2'];
const POINTS = ['energy.import', 'power'];

/** One true value per key, so that deliveries may overlap but never contradict each other. */
const valueAt = (m: string, p: string, minute: number): number => (m.length + p.length) * 1000 + minute;

const key = fc.record({ m: fc.constantFrom(...METERS), p: fc.constantFrom(...POINTS), minute: fc.nat(30) });
const plan = fc.array(fc.array(key, { maxLength: 12 }), { minLength: 1, maxLength: 6 }).chain((batches) =>
  fc.record({
    batches: fc.constant(batches),
    // every batch at least once, some again, in any order
    order: fc
      .array(fc.nat(batches.length - 1), { maxLength: 6 })
      .chain((again) =>
        fc.shuffledSubarray([...batches.keys(), ...again], { minLength: batches.length + again.length }),
      ),
    replay: fc.array(fc.boolean(), { minLength: batches.length, maxLength: batches.length }),
  }),
);

const TABLES = [
  'select meter_id, point, ts, value, quality from metering.reading order by 1, 2, 3',
  'select meter_id, point, ts, value, quality from metering.reading_revision order by 1, 2, 3',
  'select meter_id, point, ts, value, quality from metering.latest order by 1, 2',
  'select batch, readings, replay from metering.batch order by 1',
  'select reason, payload from metering.quarantine order by digest',
];
const contents = ({ rows }: Harness): Promise<unknown[]> => Promise.all(TABLES.map((sql) => rows(sql)));

async function deliver(city: Harness, batches: readonly TelemetryBatch[], together: boolean): Promise<void> {
  // an ingest of its own: it remembers latest values that the test takes away, and writes the last of them when it stops
  const ingest = await city.start();
  const gateway = await Publisher.connect(ingest.mqttPort);
  if (together) await Promise.all(batches.map((batch) => gateway.send(batch)));
  else for (const batch of batches) await gateway.send(batch);
  await gateway.close();
  await ingest.stop();
}

const CLEAR =
  'truncate metering.reading, metering.reading_revision, metering.latest, metering.batch, metering.dirty_span, metering.quarantine';

/** Maintenance of the server itself may be in the middle of one of the tables: whoever loses a deadlock tries again. */
async function clear(city: Harness, tries = 5): Promise<void> {
  await city.owner.query(CLEAR).catch((error: { code?: string }) => {
    if (error.code !== '40P01' || tries === 0) throw error;
    return clear(city, tries - 1);
  });
}

test('any order and any repetition of the same batches leaves the same tables', async () => {
  const city = await harness({ batchMs: 1 }, { meters: METERS.map((code) => ({ code })) });
  await fc.assert(
    fc.asyncProperty(plan, fc.boolean(), async ({ batches, order, replay }, together) => {
      const sent = batches.map((keys, k) =>
        batchOf(
          [
            ...keys.map(({ m, p, minute }) => ({ m, p, t: NOW - minute * MINUTE, x: valueAt(m, p, minute) })),
            { m: 'M-404', p: 'power', t: NOW - k, x: k },
          ],
          { replay: replay[k] ?? false },
        ),
      );
      await clear(city);
      await deliver(city, sent, false);
      const expected = await contents(city);
      await clear(city);
      await deliver(
        city,
        order.flatMap((k) => sent[k] ?? []),
        together,
      );
      expect(await contents(city)).toEqual(expected);
    }),
    { numRuns: 25 },
  );
});
