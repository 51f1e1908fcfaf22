import { connect as tcp } from 'node:net';
import { SECOND, upTopic } from '@ganzhi/schemas';
import { fixtureToken } from '@ganzhi/schemas/testing';
import { expect, test } from 'vitest';
import { connectFrame } from './frames.ts';
import { harness, NOW, until } from './harness.ts';
import { batchOf, Publisher } from './publisher.ts';

/** A pause of the database of three keepalives, as 90 s are to a client with 30 s. */
const KEEPALIVE_S = 1;
const PAUSE_MS = 3 * KEEPALIVE_S * SECOND;

test('fifty messages held for three keepalives: the client pings, stays, and is answered after the commit', async () => {
  const count = 50;
  const { ingest, superuser, rows } = await harness();
  const blocker = await superuser();
  await blocker.query("select metering.ensure_partition('metering.reading', $1)", [new Date(NOW).toISOString()]);
  await blocker.query('begin');
  await blocker.query('lock table metering.batch in exclusive mode');
  const gateway = await Publisher.connect(ingest.mqttPort, 'GW-0001', { keepalive: KEEPALIVE_S });
  let closed = false;
  gateway.client.once('close', () => {
    closed = true;
  });
  let answered = 0;
  const sent = Array.from({ length: count }, async (_, k) => {
    await gateway.publish(
      upTopic('GW-0001', 'telemetry'),
      JSON.stringify(batchOf([{ m: 'M-1', p: 'energy.import', t: NOW - k, x: 1 }])),
    );
    answered += 1;
  });
  await new Promise((done) => setTimeout(done, PAUSE_MS));
  expect({ closed, answered }).toEqual({ closed: false, answered: 0 });
  await blocker.query('commit');
  await Promise.all(sent);
  await until(() => gateway.acks.length === count);
  expect(await rows('select from metering.reading')).toHaveLength(count);
  await gateway.close();
});

test('a client that is silent for one and a half of its keepalives is gone', async () => {
  const { ingest } = await harness();
  const socket = tcp(ingest.mqttPort, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  const closed = new Promise((done) => socket.once('close', done));
  socket.write(connectFrame('GW-0001', fixtureToken('GW-0001'), KEEPALIVE_S));
  await closed;
});
