import { describe, expect, test } from 'vitest';
import { BatchAck, GatewayState, MAX_READINGS_PER_BATCH, TelemetryBatch } from './telemetry.ts';

const batch = {
  v: 1,
  batch: '01936f6e-0000-7000-8000-000000000001',
  seq: 0,
  sentAt: '2026-11-23T08:00:00+08:00',
  readings: [{ m: 'M-1', p: 'energy.import', t: 1_795_392_000_000, x: 1234.56 }],
};

test('the least a gateway must say; the rest has defaults', () => {
  expect(TelemetryBatch.parse(batch)).toEqual({
    ...batch,
    replay: false,
    errors: [],
    readings: [{ ...batch.readings[0], q: 0 }],
  });
});

test('a newer gateway may say more', () => {
  expect(TelemetryBatch.parse({ ...batch, colour: 'blue' })).not.toHaveProperty('colour');
});

describe('a batch is refused', () => {
  const reading = batch.readings[0];
  test.each<[string, object]>([
    ['of another version', { v: 2 }],
    ['without a UUID', { batch: '1' }],
    ['with a sequence below zero', { seq: -1 }],
    ['sent at no offset', { sentAt: '2026-11-23T08:00:00' }],
    ['with a time of half milliseconds', { readings: [{ ...reading, t: 0.5 }] }],
    ['with a value that is no number or text', { readings: [{ ...reading, x: null }] }],
    ['with a value of endless text', { readings: [{ ...reading, x: '9'.repeat(41) }] }],
    ['with an unknown quality', { readings: [{ ...reading, q: 5 }] }],
    ['with too many readings', { readings: Array.from({ length: MAX_READINGS_PER_BATCH + 1 }, () => reading) }],
  ])('%s', (_, change) => {
    expect(TelemetryBatch.safeParse({ ...batch, ...change }).success).toBe(false);
  });
});

test('a large register travels as decimal text', () => {
  const readings = [{ ...batch.readings[0], x: '9007199254740993.25' }];
  expect(TelemetryBatch.parse({ ...batch, readings }).readings[0]?.x).toBe('9007199254740993.25');
});

test('an acknowledgement names the batch and what was put aside', () => {
  expect(BatchAck.parse({ batch: batch.batch, status: 'stored' }).rejected).toEqual([]);
  expect(BatchAck.safeParse({ batch: batch.batch, status: 'perhaps' }).success).toBe(false);
});

test('an acknowledgement may grant a replay and tell the time; an older server does neither', () => {
  const ack = { batch: batch.batch, status: 'stored', rejected: [] };
  expect(BatchAck.parse(ack)).toEqual(ack);
  const more = { ...ack, grant: { replayPerS: 250, forS: 60 }, serverAt: 1_795_392_000_000 };
  expect(BatchAck.parse(more)).toEqual(more);
  expect(BatchAck.safeParse({ ...ack, grant: { replayPerS: -1, forS: 60 } }).success).toBe(false);
  expect(BatchAck.safeParse({ ...ack, grant: { replayPerS: 1, forS: 0 } }).success).toBe(false);
});

test('the last will needs no clock', () => {
  expect(GatewayState.parse({ v: 1, state: 'offline' })).toEqual({ v: 1, state: 'offline' });
});
