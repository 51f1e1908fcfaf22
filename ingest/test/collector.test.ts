import { randomBytes } from 'node:crypto';
import { type Socket, connect as tcp } from 'node:net';
import { HOUR, MINUTE } from '@ganzhi/schemas';
import { expect, onTestFinished, test } from 'vitest';
import { CollectorClient, type CollectorClientOptions } from '../src/doors/collector/client.ts';
import { type CollectorProfile, parseCollectorProfiles } from '../src/doors/collector/profile.ts';
import type { IngestOptions } from '../src/index.ts';
import { type Harness, harness, NOW, until } from './harness.ts';

const KEY = '0123456789ABCDEF';
const PATIENT = { loginMs: 30_000, frameMs: 30_000, idleMs: 60_000, failPauseMs: 50 };
const LIMITS = { ...PATIENT, loginMs: 500, frameMs: 400, idleMs: 1_200 };
const COLLECTORS = ['330302D110-01', '330302D110-02'];
const base = { port: 0, allow: ['127.0.0.0/8'], md5Key: KEY };
const VARIANTS = {
  wrapped: { ...base, framing: 'wrapped', aes: { mode: 'cbc', key: KEY, padding: 'zero' }, goodErrors: ['192'] },
  typed: { ...base, framing: 'typed', aes: { mode: 'ecb', key: KEY, padding: 'pkcs7' }, md5Order: 'key-first' },
  hex: { ...base, framing: 'hex', aes: { mode: 'ecb', key: KEY, padding: 'pkcs7' }, charset: 'gb18030' },
};
const READINGS =
  'select m.code, ts, value from metering.reading join registry.meter m on m.id = meter_id order by 1, 2';

interface City extends Harness {
  profile: CollectorProfile;
  collector(more?: Partial<CollectorClientOptions>): Promise<CollectorClient>;
  raw(): Promise<Socket>;
  metric(line: string): Promise<number>;
}

async function city(fields: object = VARIANTS.wrapped, options: Partial<IngestOptions> = {}): Promise<City> {
  const collectors = parseCollectorProfiles(JSON.stringify([fields]));
  const [profile] = collectors;
  if (!profile) throw new Error('no profile');
  const bed = await harness(
    { collectors, collectorLimits: PATIENT, registryPollMs: 50, ...options },
    { gateways: [...COLLECTORS, 'GW-0001'], meters: [{ code: 'M-1' }, { code: 'M-2', gateway: '330302D110-02' }] },
  );
  await bed.owner.query("update registry.gateway set dialect = 'ministry' where code = any($1)", [COLLECTORS]);
  await bed.owner.query(
    `insert into registry.dialect_tag (gateway_id, device, tag, meter_id, point)
     select m.gateway_id, '1', '1/01A00', m.id, 1 from registry.meter m`,
  );
  // started again, so that it knows its registry: a change is seen within seconds only
  await bed.ingest.stop();
  const ingest = await bed.start();
  const port = ingest.collectorPorts[0] ?? 0;
  return {
    ...bed,
    ingest,
    profile,
    collector: async (more = {}) => {
      const known = { profile, host: '127.0.0.1', port, building: '330302D110', collector: '01' };
      const client = await CollectorClient.connect({ ...known, ...more });
      onTestFinished(() => client.close());
      return client;
    },
    raw: async () => {
      const socket = tcp(port, '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => undefined);
      await new Promise((done) => socket.once('connect', done));
      return socket;
    },
    metric: async (line) => {
      const text = await (await fetch(`http://127.0.0.1:${ingest.httpPort}/metrics`)).text();
      return Number(
        text
          .split('\n')
          .find((one) => one.startsWith(`${line} `))
          ?.split(' ')[1] ?? 0,
      );
    },
  };
}

async function loggedIn({ collector }: City, more: Partial<CollectorClientOptions> = {}): Promise<CollectorClient> {
  const client = await collector(more);
  expect(await client.login()).toBe(true);
  return client;
}

const closed = (socket: Socket): Promise<unknown> =>
  socket.destroyed ? Promise.resolve() : new Promise((done) => socket.resume().once('close', done));
const value = (x: string, error = '192') => ({ meter: '1', function: '1', coding: '01A00', error, value: x });

test.each(Object.entries(VARIANTS))(
  '%s: log-in, time, report, back-fill, each stored before its acknowledgement',
  async (_, fields) => {
    const here = await city({ ...fields, goodErrors: ['192'], periodMinutes: 15 });
    const client = await loggedIn(here);
    expect(await client.answer()).toEqual({ kind: 'period', value: '15' });
    client.send('period_ack', '<config operation="period_ack"></config>');
    expect(await client.heartbeat()).toBe('20261123180000');
    const ack = await client.report(NOW, [value('675.170000')]);
    expect(ack).toEqual({ kind: here.profile.reportAck, value: '1' });
    expect(await here.rows(READINGS)).toEqual([{ code: 'M-1', ts: NOW, value: 67_517n }]);
    expect(await client.report(NOW - HOUR, [value('600')], 'continuous')).toEqual({
      kind: 'continuous_ack',
      value: '2',
    });
    expect(await here.rows(READINGS)).toHaveLength(2);
    expect(await here.rows('select replay from metering.batch order by id')).toEqual([
      { replay: false },
      { replay: true },
    ]);
    expect(await here.metric('ganzhi_ingest_readings_total{source="collector",result="stored"}')).toBe(2);
    expect(await here.metric('ganzhi_collector_sessions')).toBe(1);
    client.close();
    await until(async () => (await here.metric('ganzhi_collector_sessions')) === 0);
  },
);

test('a fault of a function is a failure of its meter, an unknown function waits for a person; both are acknowledged', async () => {
  const here = await city();
  const client = await loggedIn(here);
  expect((await client.report(NOW, [value('1', '0')])).value).toBe('1');
  expect(await here.rows('select code from metering.read_failure')).toEqual([{ code: 'read-refused' }]);
  expect((await client.report(NOW, [{ meter: '9', function: '3', error: '192', value: '5' }])).value).toBe('2');
  expect(await here.rows("select reason, payload->>'m' as m, payload->>'p' as p from metering.quarantine")).toEqual([
    { reason: 'unknown-meter', m: '9', p: '3' },
  ]);
  client.sendXml(
    'report',
    '<root><common><building_id>330302D110</building_id><gateway_id>01</gateway_id><type>report</type></common></root>',
  );
  expect((await client.answer()).kind).toBe('report_ack');
  const [kept] = (await here.rows(
    "select payload->>'message' as xml from metering.quarantine where reason = 'invalid-payload'",
  )) as [{ xml: string }];
  expect(kept.xml, 'whole, because the collector forgets it now').toMatch(/^<root>.*<\/root>$/);
});

test('the same message twice is stored once and acknowledged twice', async () => {
  const here = await city();
  const client = await loggedIn(here);
  const element =
    '<data operation="report"><sequence>7</sequence><time>20261123170000</time><meter id="1"><function id="1" coding="01A00" error="192">3.5</function></meter></data>';
  for (let k = 0; k < 2; k += 1) client.send('report', element);
  expect([await client.answer(), await client.answer()].map((answer) => answer.value)).toEqual(['7', '7']);
  expect(await here.rows('select from metering.batch')).toHaveLength(1);
});

test.each([
  ['a wrong key', {}, 'not-the-key'],
  ['an unknown building', { building: '000000X000' }, KEY],
  ["another maker's gateway", { building: 'GW', collector: '0001' }, KEY],
])('%s is refused, late and for good', async (_, more, key) => {
  const here = await city();
  await loggedIn(here);
  const client = await here.collector(more);
  expect(await client.login(key)).toBe(false);
  await closed(client.socket);
  expect(await here.metric('ganzhi_collector_logins_total{result="refused"}')).toBeGreaterThan(0);
});

test.each([
  ['data before the log-in', 'report', '<data operation="report"/>'],
  [
    'an answer to no challenge',
    'md5',
    '<id_validate operation="md5"><md5>0ea43cab8ed4e3ae7acc9b81cbb7621f</md5></id_validate>',
  ],
  ['a heartbeat before the log-in', 'notify', '<heart_beat operation="notify"/>'],
])('%s ends the connection', async (_, kind, element) => {
  const here = await city();
  const client = await here.collector();
  client.send(kind, element);
  await closed(client.socket);
  expect(await here.rows('select from metering.quarantine')).toEqual([]);
});

test('a challenge is good for one answer, and each is another', async () => {
  const here = await city();
  const client = await here.collector();
  client.send('request', '<id_validate operation="request"/>');
  client.send('request', '<id_validate operation="request"/>');
  const [first, second] = [await client.answer(), await client.answer()];
  expect([first.kind, second.kind]).toEqual(['sequence', 'sequence']);
  expect(first.value).toMatch(/^\d{8}$/);
  expect(first.value).not.toBe(second.value);
});

test('a collector has its own secret and its own gateway where the profile says so', async () => {
  const collectors = { '42/7': { gateway: '330302D110-02', md5Key: 'a-secret-of-its-own' } };
  const here = await city({ ...VARIANTS.wrapped, collectors });
  const who = { building: '42', collector: '7' };
  await loggedIn(here);
  const client = await here.collector(who);
  expect(await client.login('a-secret-of-its-own')).toBe(true);
  await client.report(NOW, [value('8')]);
  expect(await here.rows(READINGS)).toEqual([{ code: 'M-2', ts: NOW, value: 800n }]);
  expect(await (await here.collector(who)).login(KEY)).toBe(false);
});

test('who logs in again takes the place of the other connection; a disabled one is sent away', async () => {
  const here = await city();
  const first = await loggedIn(here);
  const second = await loggedIn(here);
  await closed(first.socket);
  expect((await second.report(NOW, [value('1')])).value).toBe('1');
  await until(async () => (await here.rows('select online from metering.gateway_state where online')).length === 1);
  await here.owner.query("update registry.gateway set enabled = false where code = '330302D110-01'");
  await closed(second.socket);
  await until(async () => (await here.rows('select online from metering.gateway_state where online')).length === 0);
});

test('a message of another collector on the same connection ends it, unstored', async () => {
  const here = await city();
  const client = await loggedIn(here);
  client.sendXml(
    'report',
    '<root><common><building_id>330302D110</building_id><gateway_id>02</gateway_id></common><data operation="report"><time>20261123170000</time><meter id="1"><function id="1" coding="01A00" error="192">1</function></meter></data></root>',
  );
  await closed(client.socket);
  expect(await here.rows(READINGS)).toEqual([]);
});

test('an address that is not listed is not heard', async () => {
  const here = await city({ ...VARIANTS.wrapped, allow: ['10.0.0.0/8', '::1'] });
  await closed(await here.raw());
  expect(await here.metric('ganzhi_collector_logins_total{result="foreign-address"}')).toBe(1);
});

test('while the database is away nothing is acknowledged, heartbeats are; then everything, in order', async () => {
  const here = await city();
  const client = await loggedIn(here);
  const blocker = await here.superuser();
  await blocker.query("select metering.ensure_partition('metering.reading', $1)", [new Date(NOW).toISOString()]);
  await blocker.query('begin');
  await blocker.query('lock table metering.batch in exclusive mode');
  const data = client.report(NOW, [value('1')]);
  client.send('notify', '<heart_beat operation="notify"/>');
  expect((await data).kind, 'the heartbeat overtakes the report').toBe('time');
  const more = [1, 2, 3, 4].map((k) => client.report(NOW - k * MINUTE, [value(String(k))]));
  await blocker.query('commit');
  expect((await Promise.all([client.answer(), ...more])).map((answer) => answer.kind)).toEqual(
    Array(5).fill('report_ack'),
  );
  expect(await here.rows(READINGS)).toHaveLength(5);
});

const HEAD = Buffer.from('55aa55aa40000000', 'hex');

test('who does not log in, does not finish a frame or says nothing more is sent away; the others stay', async () => {
  const here = await city(VARIANTS.wrapped, { collectorLimits: LIMITS });
  const good = await loggedIn(here);
  const beat = setInterval(() => good.send('notify', '<heart_beat operation="notify"/>'), 200);
  onTestFinished(() => clearInterval(beat));
  const silent = await here.raw();
  const loris = await loggedIn(here, { collector: '02' });
  const drip = setInterval(() => loris.socket.writable && loris.socket.write(HEAD.subarray(0, 1)), 60);
  onTestFinished(() => clearInterval(drip));
  loris.socket.write(HEAD);
  await Promise.all([closed(silent), closed(loris.socket)]);
  clearInterval(drip);
  const idle = await loggedIn(here, { collector: '02' });
  await closed(idle.socket);
  expect(good.socket.destroyed).toBe(false);
});

test('ten megabytes of random bytes, half frames and a crowd of strangers: others are served, memory stays', async () => {
  const here = await city();
  const good = await loggedIn(here);
  const before = process.memoryUsage().rss;
  const noise = await here.raw();
  noise.write(randomBytes(10_000_000));
  await closed(noise);
  const marked = await here.raw();
  marked.write(Buffer.concat([Buffer.from('55aa55aa00100000', 'hex'), randomBytes(10_000_000)]));
  await closed(marked);
  const crowd = await Promise.all(Array.from({ length: 600 }, () => here.raw()));
  for (const socket of crowd) socket.write(HEAD.subarray(0, 5));
  expect((await good.report(NOW, [value('1')])).kind).toBe('report_ack');
  const late = await loggedIn(here, { collector: '02' });
  expect((await late.report(NOW, [value('2')])).kind).toBe('report_ack');
  await until(async () => (await here.metric('ganzhi_collector_logins_total{result="crowded-out"}')) >= 600 - 256);
  expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  for (const socket of crowd) socket.destroy();
});

test('a stop stores and acknowledges what was received, and leaves no connection', async () => {
  const here = await city(VARIANTS.wrapped, { batchMs: 2_000 });
  const client = await loggedIn(here);
  const data = client.report(NOW, [value('1')]);
  await until(async () => (await here.metric('ganzhi_ingest_queue_readings')) > 0);
  await here.ingest.stop();
  expect((await data).kind).toBe('report_ack');
  await closed(client.socket);
  expect(await here.rows(READINGS)).toHaveLength(1);
});
