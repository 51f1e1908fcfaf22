import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prepare } from './prepare.ts';

const gateway = {
  id: 1,
  code: 'GW-1',
  tokenSha256: Buffer.alloc(32),
  simulatedTime: false,
  enabled: true,
  dialect: 'native' as const,
};
const points = new Map([['power', { id: 10, decimals: 3, counter: false }]]);
const context = {
  now: Date.UTC(2026, 10, 23),
  source: 'mqtt' as const,
  refuseSimulated: () => false,
  registry: {
    meter: (code: string) => (code === 'M-1' ? { id: 7, gatewayId: 1, points } : undefined),
    lookAgainForMeters: async () => undefined,
  },
};

/** What jsonb refuses although JSON allows it. */
const storable = (json: string): boolean =>
  !/\\u0000|\\ud[89a-f]/i.test(json.replaceAll('\\\\', '')) && !json.includes('\0');

test('whatever comes is either rows or quarantine, never an exception, and what is kept can be stored', async () => {
  const reading = fc.oneof(
    fc.jsonValue(),
    fc.record({
      m: fc.oneof(fc.constant('M-1'), fc.string({ unit: 'binary' })),
      p: fc.oneof(fc.constant('power'), fc.string({ unit: 'binary' })),
      t: fc.oneof(fc.constant(context.now), fc.integer(), fc.double()),
      x: fc.oneof(fc.double(), fc.string({ unit: 'binary' })),
    }),
  );
  const body = fc.record({
    v: fc.constant(1),
    batch: fc.uuid(),
    seq: fc.nat(),
    sentAt: fc.constant('2026-11-23T00:00:00Z'),
    readings: fc.array(reading, { maxLength: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(body, async (message) => {
      const prepared = await prepare(gateway, Buffer.from(JSON.stringify(message)), context);
      expect(prepared.rows.length + prepared.quarantined.length).toBe(message.readings.length);
      for (const { payload } of prepared.quarantined) {
        JSON.parse(payload);
        expect(storable(payload), payload).toBe(true);
      }
    }),
  );
});

test('arbitrary bytes are one quarantine entry', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 5_000 }), async (bytes) => {
      const { rows, quarantined, head } = await prepare(gateway, Buffer.from(bytes), context);
      expect({ rows, head, reasons: quarantined.map(({ code }) => code) }).toEqual({
        rows: [],
        head: undefined,
        reasons: ['invalid-payload'],
      });
    }),
  );
});

test('a gateway that never knew the time says so, and none of its stamps becomes an hour', async () => {
  const reading = { m: 'M-1', p: 'power', t: context.now, x: 1 };
  const message = {
    ...{
      v: 1,
      batch: '01936f6e-0000-7000-8000-000000000001',
      seq: 0,
      sentAt: '1970-01-01T08:00:00+08:00',
      clock: 'unset',
    },
    ...{ readings: [reading, { ...reading, q: 9 }], errors: [{ m: 'M-1', t: context.now, code: 'read-timeout' }] },
  };
  const prepared = await prepare(gateway, Buffer.from(JSON.stringify(message)), context);
  expect(prepared.quarantined.map(({ code }) => code).sort()).toEqual(['clock-unset', 'invalid-payload']);
  expect(prepared).toMatchObject({ rows: [], failures: [] });
});
