import { MAX_READINGS_PER_BATCH, TelemetryBatch } from '@ganzhi/schemas';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode, isDecoded } from './decode.ts';

const text = (most: number) =>
  fc.oneof(fc.string({ maxLength: most + 2 }), fc.constantFrom('', 'x'.repeat(most), 'x'.repeat(most + 1)));
const odd = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(null, '1', true, 4, 5, -1, 0.5, 2 ** 53),
  fc.jsonValue(),
);
const mostly = <T>(usual: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 12, arbitrary: usual as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: odd });
const reading = fc.record(
  {
    m: mostly(text(64)),
    p: mostly(text(32)),
    t: mostly(fc.maxSafeInteger()),
    x: mostly(fc.oneof(fc.double(), text(40))),
    q: mostly(fc.nat(4)),
    more: odd,
  },
  { requiredKeys: ['m', 'p', 't', 'x'] },
);
const body = fc.record(
  {
    v: mostly(fc.constant(1)),
    batch: mostly(fc.uuid()),
    seq: mostly(fc.nat()),
    sentAt: mostly(fc.constant('2026-11-23T00:00:00+08:00')),
    replay: mostly(fc.boolean()),
    readings: mostly(fc.array(reading, { maxLength: 4 })),
    errors: mostly(fc.array(fc.record({ m: text(64), t: mostly(fc.integer()), code: text(64) }), { maxLength: 2 })),
  },
  { requiredKeys: ['v', 'batch', 'seq', 'sentAt', 'readings'] },
);

test('the quick check accepts exactly what the schema accepts, and reads the same from it', () => {
  fc.assert(
    fc.property(body, (message) => {
      const decoded = decode(Buffer.from(JSON.stringify(message)));
      const schema = TelemetryBatch.safeParse(JSON.parse(JSON.stringify(message)));
      const flawless = isDecoded(decoded) && decoded.quarantined.length === 0 && !decoded.readings.includes(undefined);
      // a broken failure entry is left out, which is no flaw of the readings
      if (!schema.success) {
        expect(flawless && schema.error.issues.every(({ path }) => path[0] !== 'errors' || path.length === 1)).toBe(
          false,
        );
        return;
      }
      expect(flawless).toBe(true);
      if (!isDecoded(decoded)) return;
      const { batch, seq, replay, readings, errors } = schema.data;
      expect(decoded).toMatchObject({ batch, seq, replay, readings, errors });
    }),
    { numRuns: 1_000 },
  );
});

test('one reading too many refuses the message', () => {
  const readings = Array.from({ length: MAX_READINGS_PER_BATCH + 1 }, (_, t) => ({ m: 'M', p: 'power', t, x: 1 }));
  const message = { v: 1, batch: crypto.randomUUID(), seq: 0, sentAt: '2026-11-23T00:00:00Z', readings };
  expect(isDecoded(decode(Buffer.from(JSON.stringify(message))))).toBe(false);
});
