import sparkplug from 'sparkplug-payload';
import proto from 'sparkplug-payload/lib/sparkplugPayloadProto.js';

/** A metric with every 64-bit integer made a bigint or a time, whatever library had made of it. */
export interface EdgeMetric {
  name: string | undefined;
  /** Decimal text; 0 is an alias like any other. */
  alias: string | undefined;
  /** Epoch ms. */
  t: number | undefined;
  /** Data type, Sparkplug 3.0 §6.4.16; data messages leave it out, the birth has said it. */
  type: number | undefined;
  raw: RawValue | undefined;
  isHistorical: boolean;
  /** Property `Quality` as Ignition sends it: 192 good, 500 stale, 0 bad. */
  quality: number | undefined;
}

/** The value as the wire has it: what it means depends on the type. */
export type RawValue =
  | { field: 'integer'; bits: bigint }
  | { field: 'real'; value: number }
  | { field: 'text' | 'boolean' | 'structure' };

export interface EdgePayload {
  t: number | undefined;
  seq: number | undefined;
  metrics: readonly EdgeMetric[];
}

type Long = { low: number; high: number };
type ProtoMetric = InstanceType<typeof proto.org.eclipse.tahu.protobuf.Payload.Metric>;

/**
 * Decodes the bytes of a message. The Eclipse codec's own `decodePayload` reads no value without a data type, and data messages
 * have none (§6.4.6): so its protobuf classes are used and the values are read by the type of the birth, in `measuredValue`.
 *
 * @returns a sentence for what is no payload
 */
export function decodeEdge(bytes: Buffer): EdgePayload | string {
  try {
    const payload = proto.org.eclipse.tahu.protobuf.Payload.decode(bytes);
    if (payload.uuid === 'SPBV1.0_COMPRESSED') return 'a compressed Sparkplug payload, which is not read here';
    return {
      t: own(payload, 'timestamp') ? timeOf(payload.timestamp) : undefined,
      seq: own(payload, 'seq') ? Number(bitsOf(payload.seq)) : undefined,
      metrics: payload.metrics.map((metric) => metricOf(metric as ProtoMetric)),
    };
  } catch {
    return 'not a Sparkplug B payload';
  }
}

function metricOf(metric: ProtoMetric): EdgeMetric {
  return {
    name: own(metric, 'name') && metric.name !== '' ? metric.name : undefined,
    alias: own(metric, 'alias') ? String(bitsOf(metric.alias)) : undefined,
    t: own(metric, 'timestamp') ? timeOf(metric.timestamp) : undefined,
    type: own(metric, 'datatype') ? metric.datatype : undefined,
    raw: metric.isNull ? undefined : rawOf(metric),
    isHistorical: metric.isHistorical,
    quality: qualityOf(metric),
  };
}

function rawOf(metric: ProtoMetric): RawValue | undefined {
  if (own(metric, 'intValue')) return { field: 'integer', bits: bitsOf(metric.intValue) };
  if (own(metric, 'longValue')) return { field: 'integer', bits: bitsOf(metric.longValue) };
  if (own(metric, 'floatValue')) return { field: 'real', value: shortest(Number(metric.floatValue)) };
  if (own(metric, 'doubleValue')) return { field: 'real', value: Number(metric.doubleValue) };
  if (own(metric, 'booleanValue')) return { field: 'boolean' };
  if (own(metric, 'stringValue') || own(metric, 'bytesValue')) return { field: 'text' };
  return own(metric, 'datasetValue') || own(metric, 'templateValue') ? { field: 'structure' } : undefined;
}

function qualityOf({ properties }: ProtoMetric): number | undefined {
  const at = properties?.keys?.indexOf('Quality') ?? -1;
  const value = at < 0 ? undefined : (properties?.values?.[at]?.intValue ?? properties?.values?.[at]?.longValue);
  return value === undefined || value === null ? undefined : Number(bitsOf(value));
}

const own = (object: object, key: string): boolean => Object.hasOwn(object, key);

/** 64 bits without sign, from a number or from either version of the Long class. */
function bitsOf(value: number | Long | null | undefined): bigint {
  if (typeof value === 'number') return BigInt.asUintN(64, BigInt(Math.trunc(value)));
  if (!value) return 0n;
  return (BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0);
}

/** A time that is no safe integer is no time. */
function timeOf(value: number | Long): number {
  const t = Number(bitsOf(value));
  return Number.isSafeInteger(t) ? t : Number.NaN;
}

/** The shortest decimal that is this float32: 21.7, not 21.700000762939453. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits += 1) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return value;
}

/** Width in bits and sign of the integer types (§6.4.16): Int8 to Int64 are 1 to 4, UInt8 to UInt64 5 to 8. */
const INTEGERS: Readonly<Record<number, { bits: number; signed: boolean }>> = Object.fromEntries(
  [8, 16, 32, 64].flatMap((bits, i) => [
    [i + 1, { bits, signed: true }],
    [i + 5, { bits, signed: false }],
  ]),
);
const REALS: ReadonlySet<number> = new Set([9, 10]);
const DATASET = 16;
const TEMPLATE = 19;

/** True for types that can be a measured value; texts, times and switches are left aside. */
export const isNumeric = (type: number): boolean => type in INTEGERS || REALS.has(type);

/** True for types that hold values this dialect does not unfold: they are kept for a person. */
export const isStructure = (type: number): boolean => type === DATASET || type === TEMPLATE;

/**
 * A value by its type. Encoders put negative integers into the unsigned fields in the width of the type or of the field, and
 * UInt32 into either field: the low bits are right in all of them.
 *
 * @returns a decimal string beyond 2^53; undefined when value and type do not fit
 */
export function measuredValue(raw: RawValue, type: number): number | string | undefined {
  const integer = INTEGERS[type];
  if (integer && raw.field === 'integer') {
    const value = integer.signed ? BigInt.asIntN(integer.bits, raw.bits) : BigInt.asUintN(integer.bits, raw.bits);
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  return REALS.has(type) && raw.field === 'real' ? raw.value : undefined;
}

/** NCMD that asks an edge node for its births (§6.4.21, "Node Control/Rebirth"). @param now epoch ms */
export function rebirthCommand(now: number): Buffer {
  const codec = sparkplug.get('spBv1.0');
  if (!codec) throw new Error('sparkplug-payload knows no spBv1.0');
  const metrics = [{ name: 'Node Control/Rebirth', type: 'Boolean' as const, value: true, timestamp: now }];
  return Buffer.from(codec.encodePayload({ timestamp: now, metrics }));
}
