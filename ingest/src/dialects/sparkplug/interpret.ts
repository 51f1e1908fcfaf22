import { QUALITY } from '@ganzhi/schemas';
import type { Report, Sample, Stray, TagFailure } from '../dialect.ts';
import { type EdgeMetric, type EdgePayload, isNumeric, isStructure, measuredValue } from './payload.ts';
import { deviceOf, type EdgeTopic } from './topic.ts';

/** What a birth said of a metric. */
export interface MetricDefinition {
  name: string;
  type: number;
}

/** Definitions by `#alias` and by name. */
export type Definitions = ReadonlyMap<string, MetricDefinition>;

/** What is known of an edge node since its birth. Never changed in place. */
export interface EdgeNode {
  /** Ties a death to its birth (§6.4.19); undefined when the birth had none. */
  bdSeq: bigint | undefined;
  /** Of the latest message, 0 to 255. */
  seq: number | undefined;
  /** By device; '' for the node itself. */
  scopes: ReadonlyMap<string, Definitions>;
}

export interface Interpretation {
  report: Report | string;
  /** The node from now on; undefined: it has to be born (again). */
  node: EdgeNode | undefined;
  /** Why its births are wanted. */
  rebirth?: string;
}

/** A node with more is no meter gateway. */
export const MAX_METRICS = 20_000;
const LONGEST_NAME = 256;
const GOOD = 192;
const SEQ_COUNT = 256;

/**
 * What a message means to somebody who has heard what came before: pure, from the node as known to the node as known now.
 *
 * @param now server's epoch ms, for what carries no time
 */
export function interpret(
  topic: EdgeTopic,
  payload: EdgePayload,
  known: EdgeNode | undefined,
  now: number,
): Interpretation {
  switch (topic.kind) {
    case 'NBIRTH':
    case 'DBIRTH':
      return birth(topic, payload, known, now);
    case 'NDATA':
    case 'DDATA':
      return data(topic, payload, known, now);
    default:
      return death(topic, payload, known, now);
  }
}

/** The node's number of births and deaths in a payload, or undefined. */
export const bdSeqOf = ({ metrics }: EdgePayload): bigint | undefined => {
  const raw = metrics.find(({ name }) => name === 'bdSeq')?.raw;
  return raw?.field === 'integer' ? raw.bits : undefined;
};

function birth(topic: EdgeTopic, payload: EdgePayload, known: EdgeNode | undefined, now: number): Interpretation {
  const definitions = new Map<string, MetricDefinition>();
  for (const { name, alias, type } of payload.metrics) {
    if (name === undefined || type === undefined || name.length > LONGEST_NAME) continue;
    const definition = { name, type };
    definitions.set(name, definition);
    if (alias !== undefined) definitions.set(`#${alias}`, definition);
  }
  const ofNode = topic.kind === 'NBIRTH';
  // a node's birth ends what its devices said before: their aliases are free for others
  const scopes = new Map(ofNode ? [] : known?.scopes).set(topic.device, definitions);
  if ([...scopes.values()].reduce((total, { size }) => total + size, 0) > 2 * MAX_METRICS) {
    return { report: `more than ${MAX_METRICS} metrics of one edge node`, node: known };
  }
  const { report } = read(topic, payload, definitions, now);
  if (ofNode) return { report, node: { bdSeq: bdSeqOf(payload), seq: payload.seq, scopes } };
  if (!known) return { report, node: undefined, rebirth: 'the birth of a device without its node' };
  return followed({ report, node: { ...known, scopes } }, known, payload);
}

function data(topic: EdgeTopic, payload: EdgePayload, known: EdgeNode | undefined, now: number): Interpretation {
  const { report, unknown } = read(topic, payload, known?.scopes.get(topic.device), now);
  const why = known?.scopes.has(topic.device) ? 'a metric that no birth named' : 'data before the birth';
  if (!known) return { report, node: undefined, rebirth: why };
  const next = followed({ report, node: known }, known, payload);
  return unknown ? { ...next, rebirth: why } : next;
}

/** A device that died cannot be read; a node that died is offline, which its connection tells. */
function death(topic: EdgeTopic, payload: EdgePayload, known: EdgeNode | undefined, now: number): Interpretation {
  const nothing: Report = { samples: [], failures: [], stamped: payload.t === undefined };
  if (topic.kind === 'NDEATH') {
    const bdSeq = bdSeqOf(payload);
    const ofEarlier = known?.bdSeq !== undefined && bdSeq !== undefined && known.bdSeq !== bdSeq;
    return { report: nothing, node: ofEarlier ? known : undefined };
  }
  if (!known) return { report: nothing, node: undefined };
  const at = { device: deviceOf(topic), t: payload.t ?? now, code: 'read-disconnected' };
  const names = new Set(
    [...(known.scopes.get(topic.device)?.values() ?? [])].filter(isMeasured).map(({ name }) => name),
  );
  const scopes = new Map(known.scopes);
  scopes.delete(topic.device);
  const report = { ...nothing, failures: [...names].map((tag): TagFailure => ({ ...at, tag })) };
  return followed({ report, node: { ...known, scopes } }, known, payload);
}

/** Checks the order of messages (§6.4.20): a gap means that something was lost, a repetition that it was sent twice. */
function followed(next: { report: Report; node: EdgeNode }, known: EdgeNode, { seq }: EdgePayload): Interpretation {
  if (seq === undefined || seq === known.seq) return next;
  const node = { ...next.node, seq };
  const expected = known.seq === undefined ? undefined : (known.seq + 1) % SEQ_COUNT;
  if (expected === undefined || seq === expected) return { ...next, node };
  return { ...next, node, rebirth: `message ${expected} is missing before ${seq}` };
}

function read(topic: EdgeTopic, payload: EdgePayload, definitions: Definitions | undefined, now: number) {
  const device = deviceOf(topic);
  const samples: Sample[] = [];
  const failures: TagFailure[] = [];
  const strays: Stray[] = [];
  let historical = payload.metrics.length > 0;
  for (const metric of payload.metrics) {
    const t = metric.t ?? payload.t ?? now;
    const definition = definitionOf(metric, definitions);
    historical &&= metric.isHistorical;
    if (!definition) strays.push(strayOf(device, metric, t));
    else if (isMeasured(definition)) {
      const tag = definition.name;
      const x = metric.raw && measuredValue(metric.raw, definition.type);
      // null: the node has no value for it now
      if (!metric.raw) failures.push({ device, tag, t, code: 'read-refused' });
      else samples.push({ device, tag, t, x: x ?? metric.raw.field, ...qualityOf(metric) });
    }
  }
  const stamped = payload.t === undefined && payload.metrics.some(({ t }) => t === undefined);
  const report: Report = { samples, failures, strays, stamped, ...(historical ? { replay: true } : {}) };
  return { report, unknown: strays.length > 0 };
}

/** By alias first: a data message may carry a name as well, but the alias is what the birth bound. */
function definitionOf({ name, alias, type }: EdgeMetric, definitions?: Definitions): MetricDefinition | undefined {
  const known = (alias === undefined ? undefined : definitions?.get(`#${alias}`)) ?? definitions?.get(name ?? '');
  if (known) return known;
  return name !== undefined && type !== undefined && name.length <= LONGEST_NAME ? { name, type } : undefined;
}

/** Controls and counters of the protocol itself are no readings, and neither are texts and switches. */
const isMeasured = ({ name, type }: MetricDefinition): boolean =>
  (isNumeric(type) || isStructure(type)) && name !== 'bdSeq' && !/^(Node|Device) (Control|Info)\//.test(name);

const qualityOf = ({ quality }: EdgeMetric): { q?: number } =>
  quality === undefined || quality === GOOD ? {} : { q: quality === 0 ? QUALITY.bad : QUALITY.uncertain };

const strayOf = (device: string, { name, alias, raw }: EdgeMetric, t: number): Stray => ({
  detail: 'no birth named this metric: it is asked for; replay when the name is known',
  reading: {
    // in the words of a reading, so that a person can find, map and replay it
    m: device,
    p: name ?? `#${alias ?? ''}`,
    t,
    x: raw?.field === 'integer' ? String(raw.bits) : raw?.field === 'real' ? raw.value : (raw?.field ?? null),
  },
});
