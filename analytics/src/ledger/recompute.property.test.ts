import { DAY, HOUR, MINUTE } from '@ganzhi/schemas';
import { fixtureRegistry, testDatabase } from '@ganzhi/schemas/testing';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { type Delivered, deliver, ledgerOf } from '../../test/deliver.ts';
import { checkConservation } from '../check/conservation.ts';
import { markAll } from './mark-all.ts';
import { recomputeDirty } from './recompute.ts';

const database = await testDatabase();
const owner = await database.open('ganzhi_owner');
const ingest = await database.open('ganzhi_ingest');
const db = await database.open('ganzhi_analytics');
const registry = await fixtureRegistry(owner, { meters: [{ code: 'M-1', modulus: 1_000_000n }] });
const meterId = registry.meters.get('M-1') ?? 0;
await owner.query(
  `insert into registry.meter_ratio (meter_id, valid_from, ct) values ($1, '2026-11-22T07:20:00Z', 40)`,
  [meterId],
);
afterAll(() => database.drop());

const START = Date.UTC(2026, 10, 22);
const settle = async (maxMarks: number) => {
  while ((await recomputeDirty(db, { now: START, maxMarks })).marks > 0);
};

/** Few instants, so that duplicates and revisions are common; hours, gaps, midnight and the change of ratio among them. */
const instants = [
  ...Array.from({ length: 12 }, (_, i) => START + i * 15 * MINUTE),
  ...[7 * HOUR, 7 * HOUR + 10 * MINUTE, 7 * HOUR + 29 * MINUTE, 7 * HOUR + 45 * MINUTE],
  ...[15 * HOUR + 50 * MINUTE, 16 * HOUR, 16 * HOUR + 20 * MINUTE],
  ...[DAY + 1, DAY + 31 * MINUTE, 9 * DAY],
];

const reading: fc.Arbitrary<Delivered> = fc.record({
  ts: fc.constantFrom(...instants),
  counts: fc.oneof(
    fc.bigInt({ min: 0n, max: 999_999n }),
    fc.constantFrom(950_000n, 990_000n, 10n, 500n, -(2n ** 63n), 2n ** 63n - 1n),
  ),
  quality: fc.constantFrom(0, 0, 0, 1, 2, 3, 4),
});

/** Batches in any order; after each of them some marks may be worked off, or none. */
const deliveries = fc.array(
  fc.record({
    batch: fc.array(reading, { minLength: 1, maxLength: 6 }),
    rounds: fc.integer({ min: 0, max: 2 }),
    maxMarks: fc.constantFrom(1, 2, 50),
  }),
  { minLength: 1, maxLength: 8 },
);

test('however readings arrive, the ledger is the one of a full recomputation, and conserves', async () => {
  await fc.assert(
    fc.asyncProperty(deliveries, async (list) => {
      await owner.query(
        'truncate metering.reading, metering.reading_revision, metering.dirty_span, ledger.hour, ledger.span, ledger.decision, ledger.day',
      );
      for (const { batch, rounds, maxMarks } of list) {
        const oncePerKey = [...new Map(batch.map((item) => [item.ts, item])).values()];
        await deliver(ingest, meterId, oncePerKey);
        for (let i = 0; i < rounds; i += 1) await recomputeDirty(db, { now: START, maxMarks });
      }
      await settle(list[0]?.maxMarks ?? 1);
      const incremental = await ledgerOf(db, meterId);
      expect((await checkConservation(db)).differences).toEqual([]);

      await owner.query('truncate ledger.hour, ledger.span, ledger.decision, ledger.day');
      await markAll(db);
      await settle(1_000);
      expect(await ledgerOf(db, meterId)).toEqual(incremental);
    }),
    { numRuns: 12 },
  );
}, 120_000);
