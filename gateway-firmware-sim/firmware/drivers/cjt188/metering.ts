import { type Medium, toNumber } from '@ganzhi/schemas';
import { bcdCount, FrameError, hexByte, meterTime, spacedHex } from '../../frame/wire/index.ts';
import { inQuantityUnit, quantityOf, wireUnit } from './units.ts';

/** One value of a water, gas or heat meter. */
export interface Cjt188Value {
  name: string;
  zh: string;
  en: string;
  /** As the meter shows it; undefined when it says "no value" or names no known unit. */
  value: number | undefined;
  unit?: string;
  /** Wire code of schemas' quantities, for the present register only. */
  quantity?: string;
  /** The same in the quantity's unit, where that is another (kWh to GJ, L to m³). */
  converted?: { value: number; unit: string };
}

/** Status ST (CJ/T 188-2004 table 12): low byte by the standard, high byte the maker's own. */
export interface Cjt188Status {
  valve: 'open' | 'closed' | 'abnormal' | 'unknown';
  batteryLow: boolean;
  raw: string;
}

export interface Cjt188Metering {
  values: Cjt188Value[];
  /** The meter's clock, RFC 3339; absent on meters without one. */
  time?: string;
  status: Cjt188Status;
}

interface Field {
  name: string;
  zh: string;
  en: string;
  bytes: 3 | 4;
  decimals: number;
  /** A unit byte stands beside four-byte fields; three-byte fields have this one. */
  unit?: string;
  current?: boolean;
}

const field = (name: string, zh: string, en: string, decimals: number, more: Partial<Field> = {}): Field => ({
  name,
  zh,
  en,
  bytes: 4,
  decimals,
  ...more,
});

/** Water and gas: XXXXXX.XX and unit, twice (CJ/T 188-2004 table 10). */
const FLOW_FIELDS = [
  field('volume', '当前累积流量', 'Volume', 2, { current: true }),
  field('volume.settled', '结算日累积流量', 'Volume at the settlement day', 2),
];

/** Heat (CJ/T 188-2004 table 11). */
const HEAT_FIELDS = [
  field('heat.settled', '结算日热量', 'Heat at the settlement day', 2),
  field('heat', '当前热量', 'Heat', 2, { current: true }),
  field('power', '热功率', 'Thermal power', 2),
  field('flow', '流量', 'Flow', 4),
  field('volume', '累积流量', 'Volume', 2),
  field('temperature.supply', '供水温度', 'Supply temperature', 2, { bytes: 3, unit: '°C' }),
  field('temperature.return', '回水温度', 'Return temperature', 2, { bytes: 3, unit: '°C' }),
  field('hours', '累积工作时间', 'Working time', 0, { bytes: 3, unit: 'h' }),
];

const TAIL = 9; // time 7, status 2
const LAYOUTS = [FLOW_FIELDS, HEAT_FIELDS].map((fields) => ({
  fields,
  bytes: fields.reduce((sum, { bytes }) => sum + (bytes === 4 ? 5 : 3), TAIL),
}));

/**
 * Values of the answer to identifier 901F, from what follows identifier and sequence: 19 bytes (water, gas) or 43 (heat).
 *
 * @throws FrameError `frame-content` for any other size
 */
export function readMetering(payload: Buffer, medium: Medium | undefined): Cjt188Metering {
  const layout = LAYOUTS.find(({ bytes }) => bytes === payload.length);
  if (!layout) {
    const known = LAYOUTS.map(({ bytes }) => bytes).join(' or ');
    throw new FrameError('frame-content', `901F takes ${known} bytes; the answer has ${payload.length}.`);
  }
  const unitAt = unitPlace(payload, layout.fields);
  let from = 0;
  const values = layout.fields.map((spec) => {
    const width = spec.bytes === 4 ? 5 : 3;
    const value = readField(spec, payload.subarray(from, from + width), unitAt, medium);
    from += width;
    return value;
  });
  const [second = 0, minute = 0, hour = 0, day = 0, month = 0, yearLow = 0, yearHigh = 0] = payload.subarray(from);
  const time = meterTime({ year: (yearHigh << 8) | yearLow, month, day, hour, minute, second });
  return { values, ...(time ? { time } : {}), status: readStatus(payload.subarray(-2)) };
}

/**
 * The standard puts the unit behind the number; some heat meters put it in front (public captures in `testcases`). In
 * front only when every unit there is known and behind it is not so: a guess between two sound readings is never made.
 */
function unitPlace(payload: Buffer, fields: readonly Field[]): 'behind' | 'front' {
  const known = (offset: number) =>
    fields.every((spec, index) => spec.bytes !== 4 || wireUnit(payload.readUInt8(index * 5 + offset)) !== undefined);
  return known(0) && !known(4) ? 'front' : 'behind';
}

function readField(spec: Field, bytes: Buffer, unitAt: 'behind' | 'front', medium: Medium | undefined): Cjt188Value {
  const { name, zh, en, decimals, unit: fixedUnit, current } = spec;
  if (fixedUnit) {
    const count = bcdCount(bytes);
    return { name, zh, en, value: count === undefined ? undefined : toNumber(count, decimals), unit: fixedUnit };
  }
  const code = bytes.readUInt8(unitAt === 'front' ? 0 : 4);
  const count = bcdCount(unitAt === 'front' ? bytes.subarray(1) : bytes.subarray(0, 4));
  const wire = wireUnit(code);
  // A number without a known unit could be litres or cubic metres: it is no value.
  if (!wire) return { name, zh, en, value: undefined, unit: `?${hexByte(code)}` };
  const quantity = current || name === 'flow' ? quantityOf(medium, wire) : undefined;
  if (count === undefined)
    return { name, zh, en, value: undefined, unit: wire.unit, ...(quantity ? { quantity } : {}) };
  const value = toNumber(count, decimals);
  if (!quantity) return { name, zh, en, value, unit: wire.unit };
  const converted = inQuantityUnit(count, decimals, wire, quantity);
  return { name, zh, en, value, unit: wire.unit, quantity, ...(converted.unit === wire.unit ? {} : { converted }) };
}

const VALVE = ['open', 'closed', 'unknown', 'abnormal'] as const;

/** Bits 0–1 valve (00 open, 01 closed, 11 abnormal), bit 2 battery low. */
export function readStatus(bytes: Buffer): Cjt188Status {
  const low = bytes.readUInt8(0);
  return { valve: VALVE[low & 3] ?? 'unknown', batteryLow: (low & 4) !== 0, raw: spacedHex(bytes) };
}
