import type pg from 'pg';
import { expect, test } from 'vitest';
import { harness, NOW, until } from './harness.ts';
import { batchOf } from './publisher.ts';

const reading = { m: 'M-1', p: 'energy.import', t: NOW, x: 7 };

/** Resolves when a statement of ingest waits for a lock. */
const blocked = (client: pg.Client): Promise<void> =>
  until(async () => {
    // Inside a transaction the view shows what it showed first; without this the wait would never see a change.
    await client.query('select pg_stat_clear_snapshot()');
    const { rowCount } = await client.query(
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and application_name = 'ganzhi ingest'",
    );
    return rowCount !== 0;
  });

test('neither PUBACK nor down/ack before the commit; both after it', async () => {
  const { connect, superuser, rows } = await harness();
  const blocker = await superuser();
  const gateway = await connect();
  await blocker.query("select metering.ensure_partition('metering.reading', $1)", [new Date(NOW).toISOString()]);
  await blocker.query('begin');
  await blocker.query('lock table metering.reading in exclusive mode');

  let acknowledged = false;
  const sent = gateway.send(batchOf([reading])).then(() => {
    acknowledged = true;
  });
  await blocked(blocker);
  expect(acknowledged).toBe(false);
  expect(gateway.acks).toEqual([]);
  expect(await rows('select from metering.batch')).toEqual([]);

  await blocker.query('commit');
  await sent;
  await until(() => gateway.acks.length > 0);
  expect(await rows('select from metering.reading')).toHaveLength(1);
});

test('a message sent again while the first is still under way is written once and answered twice', async () => {
  const { connect, superuser, rows } = await harness();
  const blocker = await superuser();
  await blocker.query('begin');
  await blocker.query('lock table metering.batch in exclusive mode');
  const gateway = await connect();
  const batch = batchOf([reading]);
  const sent = [gateway.send(batch), gateway.send(batch)];
  await blocked(blocker);
  await blocker.query('commit');
  await Promise.all(sent);
  await until(() => gateway.acks.length === 2);
  expect(await rows('select from metering.batch')).toHaveLength(1);
});

test('what was received before a stop is stored and acknowledged by it', async () => {
  const { connect, ingest, rows } = await harness({ batchMs: 5_000 });
  const gateway = await connect();
  const sent = gateway.send(batchOf([reading]));
  const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${ingest.httpPort}/metrics`)).text();
  await until(async () => /ganzhi_ingest_queue_readings [1-9]/.test(await metrics()));
  await ingest.stop();
  await sent;
  expect(await rows('select from metering.reading')).toHaveLength(1);
});
