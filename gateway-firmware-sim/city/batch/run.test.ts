import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { GatewayState, HOUR, parseTopic, shanghaiText } from '@ganzhi/schemas';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AckBroker, startAckBroker } from '../../testing/ack-broker.ts';
import { type Census, makeCensus } from '../census/census.ts';
import type { Fault } from '../faults/kinds.ts';
import type { RegistryEvent } from '../faults/registry.ts';
import { type RunCityOptions, runCity } from './run.ts';

const FROM = Date.parse('2026-05-18T00:00:00+08:00');
const census = makeCensus({ institutions: 2 });
const [cut, other] = census.gateways;
const outage: Fault[] = census.meters
  .filter(({ gatewayCode }) => gatewayCode === cut?.code)
  .map(({ code, gatewayCode }) => ({
    id: 'F1',
    kind: 'division-outage',
    meter: code,
    gateway: gatewayCode,
    start: FROM + 6 * HOUR,
    end: FROM + 11 * HOUR,
    magnitude: 1,
  }));

let broker: AckBroker;
let folder: string;
beforeEach(async () => {
  broker = await startAckBroker();
  folder = mkdtempSync(join(tmpdir(), 'ganzhi-run-'));
});
afterEach(async () => {
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
});

const run = (options: Partial<RunCityOptions> = {}) =>
  runCity({
    census,
    faults: [],
    seed: 1,
    profile: 'none',
    fromMs: FROM,
    days: 1,
    mqttUrl: broker.url,
    tokens: {},
    dataDir: folder,
    quantities: ['energy.import'],
    logger: pino({ level: 'silent' }),
    ...options,
  });
/** Changes of state; the last will after a farewell says the same again. */
const states = (gateway: string | undefined) =>
  broker.seen
    .flatMap(({ topic, payload }) => {
      const parsed = parseTopic(topic);
      const isState = parsed?.kind === 'state' && parsed.gateway === gateway;
      return isState ? [GatewayState.parse(JSON.parse(payload)).state] : [];
    })
    .filter((state, i, all) => state !== all[i - 1]);
const lines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('an outage cuts its gateways off, and they come back with their backlog; the others go on', async () => {
  const result = await run({ faults: outage });
  expect(states(cut?.code)).toEqual(['online', 'offline', 'online', 'offline']);
  expect(states(other?.code)).toEqual(['online', 'offline']);
  // What was not acknowledged when the connection was cut comes again.
  const batches = [...new Map(broker.batches.map((batch) => [batch.batch, batch])).values()];
  const readings = batches.flatMap((batch) => batch.readings.map((reading) => ({ ...reading, replay: batch.replay })));
  expect(readings).toHaveLength(result.readings);
  const replayed = readings.filter(({ replay }) => replay);
  expect(replayed.length).toBe(
    20 * census.meters.filter((m) => m.gatewayCode === cut?.code && m.medium === 'electricity').length,
  );
  expect(replayed.every(({ t }) => t >= FROM + 6 * HOUR && t < FROM + 11 * HOUR)).toBe(true);
});

test('the truth is written as described, and never over another one', async () => {
  const truth = join(folder, 'truth');
  const entered: RegistryEvent[] = [];
  const replaced: Fault = {
    id: 'F2',
    kind: 'replacement',
    meter: other?.code.replace('GW-', '').concat('-W01') ?? '',
    gateway: other?.code ?? '',
    start: FROM + 8 * HOUR,
    end: FROM + 8.25 * HOUR,
    magnitude: 3.5,
    announced: true,
  };
  await run({
    faults: [...outage, replaced],
    profile: 'heavy',
    truth,
    quantities: ['energy.import', 'water.volume'],
    enterRecords: async (events) => void entered.push(...events),
  });
  const read = (name: string) => readFileSync(join(truth, name));
  expect(JSON.parse(read('meta.json').toString())).toEqual({
    format: 2,
    seed: 1,
    profile: 'heavy',
    stepS: 900,
    from: shanghaiText(FROM),
    to: shanghaiText(FROM + 24 * HOUR),
    institutions: 2,
    meters: census.meters.length,
    faults: 2,
    faultLines: outage.length + 1,
  });
  const consumption = lines(gunzipSync(read('consumption.jsonl.gz')).toString());
  expect(consumption).toHaveLength(census.meters.length * 24);
  expect(Object.keys(consumption[0])).toEqual(['meter', 'quantity', 'hour', 'counts']);
  expect(lines(read('meters.jsonl').toString()).map(({ meter }) => meter)).toEqual(
    census.meters.map(({ code }) => code),
  );
  expect(lines(read('faults.jsonl').toString())[0]).toMatchObject({ id: 'F1', start: shanghaiText(FROM + 6 * HOUR) });
  const old = broker.batches
    .flatMap(({ readings }) => readings)
    .find(({ m, t }) => m === replaced.meter && t === replaced.start);
  const line = lines(read('faults.jsonl').toString()).at(-1);
  expect(line).toEqual({
    ...{ id: 'F2', kind: 'replacement', meter: replaced.meter, gateway: replaced.gateway, magnitude: 3.5 },
    ...{ announced: true, start: shanghaiText(replaced.start), end: shanghaiText(replaced.end) },
    unit: 'start register of the new meter',
    lastRegister: expect.any(Number),
    firstRegister: 350,
  });
  expect(old?.x).toBe(3.5);
  const record = { event: 'replacement', fault: 'F2', meter: replaced.meter, firstRegister: 350 };
  expect(entered).toEqual([{ ...record, at: replaced.start, lastRegister: line.lastRegister }]);
  expect(lines(read('registry.jsonl').toString())).toEqual([
    { ...record, at: shanghaiText(replaced.start), lastRegister: line.lastRegister },
  ]);
  await expect(run({ truth })).rejects.toThrow(/holds the truth of another run/);
});

/** A site with all models of the city, one meter of each. */
function oneOfEachModel(): Census {
  const { sites, gateways, meters } = makeCensus({ institutions: 60 });
  const models = new Set(meters.map(({ template }) => template));
  const site = sites.find(({ code }) => {
    const here = meters.filter(({ institutionCode }) => institutionCode === code);
    return new Set(here.map(({ template }) => template)).size === models.size;
  });
  const here = meters.filter(({ institutionCode }) => institutionCode === site?.code);
  return {
    sites: site ? [site] : [],
    gateways: gateways.filter(({ institutionCode }) => institutionCode === site?.code),
    meters: [...new Map(here.map((meter) => [meter.template, meter])).values()],
  };
}

test('meters on real sockets, of all protocols, deliver the same registers as in this process; dead ones time out there too', async () => {
  const mixed = oneOfEachModel();
  expect(mixed.meters.length).toBeGreaterThanOrEqual(7);
  const dead = ['schneider-iem3000', 'generic-dlt645-three-phase', 'generic-cjt188-water'].map((template, i): Fault => {
    const { code = '', gatewayCode = '' } = mixed.meters.find((candidate) => candidate.template === template) ?? {};
    const window = { start: FROM + 6 * HOUR, end: FROM + 6.5 * HOUR, magnitude: 1 };
    return { id: `F${i}`, kind: 'dead-slave', meter: code, gateway: gatewayCode, ...window };
  });
  const quantities = ['energy.import', 'voltage.a', 'water.volume', 'gas.volume', 'heat.energy'];
  const sent = () => {
    const readings = broker.batches.splice(0).flatMap((batch) => batch.readings);
    return readings.map(({ m, p, t, x }) => `${m} ${p} ${t} ${x}`).sort();
  };
  const inProcess = await run({ census: mixed, faults: dead, quantities });
  const wanted = sent();
  const onSockets = await run({ census: mixed, faults: dead, quantities, sockets: 1, socketTimeoutMs: 1_000 });
  expect(onSockets).toEqual({ ...inProcess, socketGateways: 1 });
  expect(inProcess.readFailures).toBeGreaterThanOrEqual(6);
  expect(sent()).toEqual(wanted);
});

test('a stopped run leaves nothing behind', async () => {
  const stopping = new AbortController();
  const stopped = run({ signal: stopping.signal, onProgress: () => stopping.abort(new Error('enough')) });
  await expect(stopped).rejects.toThrow('enough');
  expect(states(other?.code).at(-1)).toBe('offline');
});
