import { readFileSync } from 'node:fs';
import { MINUTE } from '@ganzhi/schemas';
import fc from 'fast-check';
import codec from 'sparkplug-payload';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { isDecoded } from '../../pipeline/decode.ts';
import type { Report } from '../dialect.ts';
import { decoderOf } from '../translate.ts';
import { type EdgeLimits, EdgeNodes } from './nodes.ts';
import { decodeEdge, measuredValue, rebirthCommand } from './payload.ts';
import { EDGE_FILTER, type EdgeKind, parseEdgeTopic } from './topic.ts';

const Session = z.object({
  source: z.string(),
  birthMs: z.int(),
  messages: z.record(
    z.string(),
    z.string().transform((text) => Buffer.from(text, 'base64')),
  ),
});
const FILE = new URL('../../../testcases/sparkplug/tahu-python.json', import.meta.url);
const { birthMs: T, messages } = Session.parse(JSON.parse(readFileSync(FILE, 'utf8')));
const spb = codec.get('spBv1.0');

type Metrics = NonNullable<Parameters<NonNullable<typeof spb>['encodePayload']>[0]['metrics']>;
const encode = (seq: number, metrics: Metrics, more: object = {}): Buffer => {
  if (!spb) throw new Error('no codec');
  return Buffer.from(spb.encodePayload({ timestamp: T, seq, metrics, ...more }));
};

interface Bed {
  nodes: EdgeNodes;
  /** Why births were asked for. */
  asked: string[];
  clock: { ms: number };
  say(kind: EdgeKind, bytes: Buffer, where?: { device?: string; node?: string; gateway?: number }): Report | string;
}

function bed(limits?: EdgeLimits): Bed {
  const asked: string[] = [];
  const clock = { ms: 0 };
  const nodes = new EdgeNodes({
    askRebirth: (_gateway, _topic, why) => asked.push(why),
    elapsed: () => clock.ms,
    ...(limits ? { limits } : {}),
  });
  return {
    nodes,
    asked,
    clock,
    say: (kind, bytes, { device = 'meter-7', node = 'edge-1', gateway = 1 } = {}) => {
      const topic = parseEdgeTopic(`spBv1.0/CZ/${kind}/${node}${kind.startsWith('D') ? `/${device}` : ''}`);
      if (!topic) throw new Error('no topic');
      return nodes.reader(gateway, topic)(bytes, T);
    },
  };
}

const message = (name: string): Buffer => messages[name] ?? Buffer.from(`no message ${name}`);
const born = (): Bed => {
  const one = bed();
  one.say('NBIRTH', message('nbirth'));
  one.say('DBIRTH', message('dbirth'));
  return one;
};
const samplesOf = (report: Report | string) =>
  typeof report === 'string' ? report : report.samples.map(({ tag, t, x }) => [tag, x, t - T]);

test('a birth is read with its values: integers of any width and sign, reals, nothing that is not measured', () => {
  const { say, asked } = bed();
  expect(samplesOf(say('NBIRTH', message('nbirth')))).toEqual([['Temperature', 21.7, 0]]);
  const report = say('DBIRTH', message('dbirth'));
  expect(samplesOf(report)).toEqual([
    ['Energy', 12_345.67, 0],
    ['Counter64', -5, 0],
    ['Big', '18446744073709551615', 0],
    ['U32', 4_000_000_000, 0],
    ['I32', -7, 0],
    ['I16', -300, 0],
    ['I8', -5, 0],
    ['U8', 250, 0],
  ]);
  expect(typeof report === 'string' ? report : report.samples[0]?.device).toBe('CZ/edge-1/meter-7');
  expect(asked).toEqual([]);
});

test('data are named by their aliases, alias 0 included; null is a failure, a historical value keeps its time', () => {
  const { say, asked } = born();
  const report = say('DDATA', message('ddata'));
  expect(samplesOf(report)).toEqual([
    ['Energy', 12_346.5, MINUTE],
    ['I8', -6, MINUTE],
    ['Counter64', -9, -60 * MINUTE],
  ]);
  expect(report).toMatchObject({ failures: [{ tag: 'U32', code: 'read-refused' }], strays: [], stamped: false });
  expect(report).not.toHaveProperty('replay');
  expect(asked).toEqual([]);
});

test('data before a birth are kept as they are, and the birth is asked for once in half a minute', () => {
  const { say, asked, clock } = bed();
  const report = say('DDATA', message('ddata'));
  expect(report).toMatchObject({
    samples: [],
    strays: [{ reading: { m: 'CZ/edge-1/meter-7', p: '#0', x: 12_346.5 } }, {}, {}, {}],
  });
  say('DDATA', message('ddataNext'));
  clock.ms = 29_999;
  say('DDATA', message('ddataNext'));
  expect(asked).toEqual(['data before the birth']);
  clock.ms = 30_000;
  say('DDATA', message('ddataNext'));
  expect(asked).toHaveLength(2);
  const { say: to } = bed();
  to('NBIRTH', message('nbirth'));
  expect(to('DDATA', message('ddata')), 'born the node, not the device').toMatchObject({ samples: [] });
});

test('a stray value goes to quarantine with its reason, beside readings that are named', () => {
  const { nodes } = born();
  const topic = parseEdgeTopic('spBv1.0/CZ/DDATA/edge-1/meter-7');
  if (!topic) throw new Error('no topic');
  const context = { gateway: 'GW', target: () => ({ meter: 'M', point: 'p', powerOfTen: 0 }), topic: topic.topic };
  const bytes = encode(2, [
    { alias: 0, type: 'Double', value: 1 },
    { alias: 77, type: 'Double', value: 5 },
  ]);
  const decoded = decoderOf(nodes.reader(1, topic), context)(bytes, T);
  if (!isDecoded(decoded)) throw new Error('not decoded');
  expect(decoded.readings).toEqual([{ m: 'M', p: 'p', t: T, x: 1, q: 0 }, undefined]);
  expect(decoded.quarantined).toMatchObject([{ i: 1, code: 'no-birth' }]);
  const elsewhere = decoderOf(nodes.reader(1, topic), { ...context, topic: `${topic.topic}x` })(bytes, T);
  expect(elsewhere.batch, 'the same bytes of another device are another batch').not.toBe(decoded.batch);
});

test('a gap in the sequence asks for the birth, a repetition and the step from 255 to 0 do not', () => {
  const { say, asked } = born();
  const at = (seq: number) => say('NDATA', encode(seq, [{ name: 'Temperature', alias: 100, type: 'Float', value: 1 }]));
  for (let seq = 2; seq <= 256; seq += 1) at(seq % 256);
  at(0);
  expect(asked).toEqual([]);
  expect(samplesOf(at(2)), 'what came is taken all the same').toEqual([['Temperature', 1, 0]]);
  expect(asked).toEqual(['message 1 is missing before 2']);
});

test('the birth of a node ends its devices, a new connection ends all of its gateway, none of another', () => {
  const { say, nodes } = born();
  say('NBIRTH', message('nbirth'));
  expect(samplesOf(say('DDATA', message('ddata')))).toEqual([]);
  say('DBIRTH', message('dbirth'), { gateway: 2 });
  say('NBIRTH', message('nbirth'), { gateway: 2 });
  say('DBIRTH', message('dbirth'), { gateway: 2 });
  nodes.connected(2);
  expect(samplesOf(say('NDATA', encode(1, [{ alias: 100, type: 'Float', value: 1 }])))).toHaveLength(1);
  expect(samplesOf(say('DDATA', message('ddata'), { gateway: 2 }))).toEqual([]);
});

test('a death counts for its own birth only', () => {
  const { say, nodes } = born();
  const topic = parseEdgeTopic('spBv1.0/CZ/NDEATH/edge-1');
  if (!topic) throw new Error('no topic');
  nodes.died(1, topic, encode(0, [{ name: 'bdSeq', type: 'Int64', value: 99 }]));
  expect(samplesOf(say('DDATA', message('ddata')))).toHaveLength(3);
  nodes.died(1, topic, message('nbirth'));
  expect(samplesOf(say('DDATA', message('ddata')))).toEqual([]);
});

test('the death of a device is a failure of all that it measures', () => {
  const { say } = born();
  const report = say('DDEATH', message('ddeath'));
  if (typeof report === 'string') throw new Error(report);
  expect(report.failures).toHaveLength(8);
  expect(report.failures[0]).toEqual({
    device: 'CZ/edge-1/meter-7',
    tag: 'Energy',
    t: T + 150_000,
    code: 'read-disconnected',
  });
  expect(samplesOf(say('DDATA', message('ddata')))).toEqual([]);
});

test('memory is bounded: who was silent longest is forgotten, and asked when it speaks', () => {
  const { say, nodes, asked } = bed({ definitions: 1_000, ofGateway: 60 });
  for (const node of ['a', 'b', 'c', 'd']) {
    say('NBIRTH', message('nbirth'), { node });
    say('DBIRTH', message('dbirth'), { node });
  }
  expect(nodes.definitions).toBeLessThanOrEqual(60);
  expect(samplesOf(say('DDATA', message('ddata'), { node: 'd' }))).toHaveLength(3);
  expect(samplesOf(say('DDATA', message('ddata'), { node: 'a' }))).toEqual([]);
  expect(asked).toEqual(['data before the birth']);
  const many = Array.from({ length: 20_001 }, (_, k) => ({ name: `m${k}`, alias: k, type: 'Int8' as const, value: 1 }));
  expect(say('NBIRTH', encode(0, many), { node: 'e' })).toMatch(/more than/);
});

test('a gateway with too many nodes or metrics forgets its own, and only when all are too many, whoever was silent longest', () => {
  const { say, nodes } = bed({ definitions: 100, ofGateway: 60 });
  const births = (gateway: number, node: string): void => {
    say('NBIRTH', message('nbirth'), { gateway, node });
    say('DBIRTH', message('dbirth'), { gateway, node });
  };
  const knows = (gateway: number, node: string): boolean =>
    samplesOf(say('DDATA', message('ddata'), { gateway, node })).length > 0;
  births(1, 'mine');
  for (let k = 0; k < 200; k += 1) births(2, `flood-${k}`);
  expect([knows(1, 'mine'), knows(2, 'flood-199'), knows(2, 'flood-0')]).toEqual([true, true, false]);
  births(3, 'a');
  births(3, 'b');
  expect(nodes.definitions).toBeLessThanOrEqual(100);
  expect([knows(3, 'b'), knows(1, 'mine')]).toEqual([true, false]);
});

test('quality, data sets and values that do not fit their type are told apart', () => {
  const { say } = bed();
  const report = say(
    'NBIRTH',
    encode(0, [
      { name: 'stale', type: 'Int32', value: 1, properties: { Quality: { type: 'Int32', value: 500 } } },
      { name: 'bad', type: 'Int32', value: 1, properties: { Quality: { type: 'Int32', value: 0 } } },
      { name: 'set', type: 'DataSet', value: { numOfColumns: 1, types: ['Int32'], columns: ['a'], rows: [[1]] } },
      { name: 'Node Info/Uptime', type: 'Int64', value: 5 },
    ]),
  );
  expect(report).toMatchObject({
    samples: [
      { tag: 'stale', q: 1 },
      { tag: 'bad', q: 2 },
      { tag: 'set', x: 'structure' },
    ],
  });
  expect(measuredValue({ field: 'text' }, 3)).toBeUndefined();
});

test('any bytes are a report or a sentence, never an exception', () => {
  const { say } = born();
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom<EdgeKind>('NBIRTH', 'NDATA', 'DBIRTH', 'DDATA', 'DDEATH'),
      (bytes, kind) => {
        const report = say(kind, Buffer.from(bytes));
        expect(typeof report === 'string' || Array.isArray(report.samples)).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
  expect(say('NDATA', encode(0, [], { uuid: 'SPBV1.0_COMPRESSED' }))).toMatch(/compressed/);
});

test.each([
  ['spBv1.0/G/NDATA/N', true],
  ['spBv1.0/G/DDATA/N/D', true],
  ['spBv1.0/G/NDATA/N/D', false],
  ['spBv1.0/G/DDATA/N', false],
  ['spBv1.0/G/DDATA/N/D/x', false],
  ['spBv1.0/G/NCMD/N', false],
  ['spBv1.0/STATE/host', false],
  ['spAv1.0/G/NDATA/N', false],
  ['spBv1.0//NDATA/N', false],
])('%s is a topic of an edge node: %s', (topic, is) => {
  expect(parseEdgeTopic(topic) !== undefined).toBe(is);
});

test.each([
  ['spBv1.0/G/NCMD/N', true],
  ['spBv1.0/G/NCMD/N/#', true],
  ['spBv1.0/G/DCMD/N/+', true],
  ['STATE/scada', true],
  ['spBv1.0/STATE/scada', true],
  ['spBv1.0/#', false],
  ['spBv1.0/+/NCMD/N', false],
  ['spBv1.0/G/NDATA/N', false],
])('%s may be listened to: %s', (filter, may) => expect(EDGE_FILTER.test(filter)).toBe(may));

test('the command is one that the Eclipse codec reads', () => {
  const metrics = decodeEdge(rebirthCommand(T));
  expect(metrics).toMatchObject({ metrics: [{ name: 'Node Control/Rebirth', type: 11, raw: { field: 'boolean' } }] });
});
