import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type Socket, connect as tcp } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { fixtureRegistry, fixtureToken, testDatabase } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CollectorClient } from '../src/doors/collector/client.ts';
import { parseCollectorProfiles } from '../src/doors/collector/profile.ts';
import { connectFrame } from './frames.ts';
import { NOW, until } from './harness.ts';
import { batchOf, Publisher } from './publisher.ts';

/**
 * One ingest process with every door open, and honest senders at each of them while strangers do their worst at one. What is
 * claimed: the honest are answered all the time, nothing of theirs is lost, and the process stays small.
 */
const MEMORY_LIMIT = 450e6;
const CONNECTS = 3_400;
const COLLECTOR = 'B1-01';
const PROFILE = {
  port: 0,
  framing: 'wrapped',
  aes: null,
  md5Key: 'secret-of-all',
  goodErrors: ['0'],
  allow: ['127.0.0.1'],
};
const [profile] = parseCollectorProfiles(JSON.stringify([PROFILE]));
if (!profile) throw new Error('no profile');

interface Ports {
  httpPort: number;
  mqttPort: number;
  doorPort: number;
  collectorPorts: [number];
}

const database = await testDatabase();
const owner = await database.open('ganzhi_owner');
await fixtureRegistry(owner, {
  gateways: ['GW-0001', 'GW-0002', COLLECTOR],
  meters: [{ code: 'M-1' }, { code: 'M-2', gateway: 'GW-0002' }, { code: 'M-3', gateway: COLLECTOR }],
});
await owner.query("update registry.gateway set dialect = 'ministry' where code = $1", [COLLECTOR]);
await owner.query(
  `insert into registry.dialect_tag (gateway_id, device, tag, meter_id, point)
   select gateway_id, '1', '1/01A00', id, 1 from registry.meter where code = 'M-3'`,
);

let child: ChildProcess;
let ports: Ports;
let honest: { gateway: Publisher; collector: CollectorClient };

beforeAll(async () => {
  const options = {
    databaseUrl: database.url,
    mqttHost: '127.0.0.1',
    mqttPort: 0,
    httpHost: '127.0.0.1',
    httpPort: 0,
    doorPort: 0,
    collectors: [profile],
    mode: 'demo',
    batchMs: 5,
    batchRows: 10_000,
    now: NOW,
  };
  const entry = fileURLToPath(new URL('./outside/process.ts', import.meta.url));
  child = spawn(process.execPath, [entry, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (!child.stdout) throw new Error('no output');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  ports = JSON.parse(line) as Ports;
  const collector = await CollectorClient.connect({
    profile,
    host: '127.0.0.1',
    port: ports.collectorPorts[0],
    building: 'B1',
    collector: '01',
  });
  expect(await collector.login()).toBe(true);
  honest = { gateway: await Publisher.connect(ports.mqttPort), collector };
});

afterAll(async () => {
  await honest.gateway.close();
  honest.collector.close();
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  await database.drop();
});

let sequence = 0;

/** One value through each door, answered after its commit. */
async function round(): Promise<void> {
  sequence += 1;
  const t = NOW - sequence;
  const http = fetch(`http://127.0.0.1:${ports.doorPort}/api/v1/ingest/readings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${fixtureToken('GW-0002')}`, 'content-type': 'application/json' },
    body: JSON.stringify(batchOf([{ m: 'M-2', p: 'energy.import', t, x: sequence }])),
  });
  await honest.gateway.send(batchOf([{ m: 'M-1', p: 'energy.import', t, x: sequence }]));
  const told = await honest.collector.report(NOW - sequence * 1_000, [
    { meter: '1', function: '1', coding: '01A00', error: '0', value: sequence },
  ]);
  expect(told.kind).toBe('report_ack');
  expect((await http).status).toBe(200);
}

/** Honest senders go on while the strangers are at work, and once more after it. */
async function during(attack: Promise<unknown>): Promise<void> {
  let over = false;
  const done = attack.finally(() => {
    over = true;
  });
  do await round();
  while (!over);
  await done;
  await round();
}

const proc = (file: string): string => `/proc/${child.pid}/${file}`;
const peakBytes = (): number => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(proc('status'), 'utf8'))?.[1]) * 1_024;
const openFiles = (): number => readdirSync(proc('fd')).length;

async function stranger(port: number): Promise<Socket> {
  const socket = tcp(port, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  await new Promise((done) => socket.once('connect', done).once('close', done));
  return socket;
}
const gone = (socket: Socket): Promise<void> =>
  new Promise((done) => (socket.closed ? done() : socket.once('close', () => done())));

const DOORS = [
  ['mqtt', () => ports.mqttPort, connectFrame('GW-0001', 'guess'), Buffer.from([0x10, 0x40, 0x00, 0x04])],
  [
    'http',
    () => ports.doorPort,
    Buffer.from(
      'POST /api/v1/ingest/readings HTTP/1.1\r\nhost: x\r\nauthorization: Bearer guess\r\ncontent-length: 9000000\r\n\r\n',
    ),
    Buffer.from('POST /api/v1/ingest/read'),
  ],
  [
    'collector',
    () => ports.collectorPorts[0],
    Buffer.from('55aa55aa00100000', 'hex'),
    Buffer.from('55aa55aa4000', 'hex'),
  ],
] as const;

test.each(DOORS)(
  '%s: ten megabytes of random bytes, with and without a good beginning',
  async (_, portOf, beginning) => {
    const noise = async (first: Buffer): Promise<void> => {
      const socket = await stranger(portOf());
      socket.write(first);
      socket.end(randomBytes(10_000_000));
      await gone(socket);
    };
    await during(Promise.all([noise(Buffer.alloc(0)), noise(beginning)]));
    expect(peakBytes()).toBeLessThan(MEMORY_LIMIT);
  },
);

test.each(DOORS)('%s: three hundred that begin a frame and drip, one byte at a time', async (_, portOf, __, half) => {
  const crowd = await Promise.all(Array.from({ length: 300 }, () => stranger(portOf())));
  for (const socket of crowd) socket.write(half.subarray(0, -1));
  await during(
    (async () => {
      for (const socket of crowd) if (socket.writable) socket.write(half.subarray(-1));
      await new Promise((done) => setTimeout(done, 300));
    })(),
  );
  for (const socket of crowd) socket.destroy();
  expect(peakBytes()).toBeLessThan(MEMORY_LIMIT);
});

test.each(DOORS)(`%s: ${CONNECTS} connections, each cut at once`, async (_, portOf) => {
  const before = openFiles();
  const connects = async (): Promise<void> => {
    for (let k = 0; k < CONNECTS / 100; k += 1) (await stranger(portOf())).resetAndDestroy();
  };
  await during(Promise.all(Array.from({ length: 100 }, connects)));
  await until(() => openFiles() <= before + 5);
  expect(peakBytes()).toBeLessThan(MEMORY_LIMIT);
});

test('a flood of wrong credentials at every door', async () => {
  const mqtt = async (): Promise<void> => {
    for (let k = 0; k < 10; k += 1) {
      const socket = await stranger(ports.mqttPort);
      socket.write(connectFrame(`GW-${k}`, 'guess'));
      await gone(socket);
    }
  };
  const http = async (): Promise<void> => {
    for (let k = 0; k < 10; k += 1) {
      const answer = await fetch(`http://127.0.0.1:${ports.doorPort}/api/v1/ingest/readings`, {
        method: 'POST',
        headers: { authorization: `Bearer guess-${k}`, 'content-type': 'application/json' },
        body: 'x'.repeat(10_000),
      });
      expect(answer.status).toBe(401);
    }
  };
  const collector = async (): Promise<void> => {
    const port = ports.collectorPorts[0];
    const client = await CollectorClient.connect({ profile, host: '127.0.0.1', port, building: 'B1', collector: '01' });
    expect(await client.login('guess-the-secret')).toBe(false);
    client.close();
  };
  const times = (work: () => Promise<void>, n: number) => Array.from({ length: n }, work);
  await during(Promise.all([...times(mqtt, 30), ...times(http, 10), ...times(collector, 100)]));
  expect(honest.collector.socket.destroyed).toBe(false);
});

test('everything that the honest were told is stored, once', async () => {
  const { rows } = await owner.query<{ code: string; n: number; sum: string }>(
    `select m.code, count(*)::int4 as n, sum(value)::text as sum
     from metering.reading join registry.meter m on m.id = meter_id group by 1 order by 1`,
  );
  const sum = String((100 * sequence * (sequence + 1)) / 2);
  expect(rows).toEqual(['M-1', 'M-2', 'M-3'].map((code) => ({ code, n: sequence, sum })));
  const metrics = await (await fetch(`http://127.0.0.1:${ports.httpPort}/metrics`)).text();
  expect(metrics).toMatch(/ganzhi_ingest_messages_total\{source="mqtt",result="(not-mqtt|oversize)"\} \d/);
  expect(metrics).toContain(`ganzhi_ingest_readings_total{source="collector",result="stored"} ${sequence}`);
});
