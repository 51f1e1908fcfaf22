import { MINUTE } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { harness, NOW, until } from './harness.ts';
import { batchOf } from './publisher.ts';

const READINGS = 'select meter_id, point, ts, value, quality from metering.reading order by meter_id, point, ts';

test('a reading is stored as a count, the latest value follows, and only the counter is marked dirty', async () => {
  const { connect, rows, meters } = await harness();
  const gateway = await connect();
  const id = meters.get('M-1');
  const batch = batchOf([
    { m: 'M-1', p: 'energy.import', t: NOW - MINUTE, x: 1234.56 },
    { m: 'M-1', p: 'energy.import', t: NOW, x: 1234.57 },
    { m: 'M-1', p: 'power', t: NOW, x: 12.3456 },
  ]);
  await gateway.send(batch);
  expect(await rows(READINGS)).toEqual([
    { meter_id: id, point: 1, ts: NOW - MINUTE, value: 123_456n, quality: 0 },
    { meter_id: id, point: 1, ts: NOW, value: 123_457n, quality: 0 },
    { meter_id: id, point: 10, ts: NOW, value: 12_346n, quality: 0 },
  ]);
  expect(await rows('select point, ts, value from metering.latest order by point')).toEqual([
    { point: 1, ts: NOW, value: 123_457n },
    { point: 10, ts: NOW, value: 12_346n },
  ]);
  expect(await rows('select meter_id, point, from_ts, to_ts from metering.dirty_span')).toEqual([
    { meter_id: id, point: 1, from_ts: NOW - MINUTE, to_ts: NOW },
  ]);
  await until(() => gateway.acks.length > 0);
  expect(gateway.acks).toEqual([{ batch: batch.batch, status: 'stored', rejected: [] }]);
});
