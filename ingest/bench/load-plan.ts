import { MINUTE } from '@ganzhi/schemas';

/** What one run sends. The same plan gives the same readings in the load generator and in the measured limits. */
export interface LoadPlan {
  /** Gateways `first` to `first + gateways - 1` send. */
  first: number;
  gateways: number;
  /** Readings of the whole run; rounded to whole messages per gateway. */
  readings: number;
  /** Readings in one message. */
  perMessage: number;
  replay: boolean;
  /** Messages that one gateway has on the way at once. */
  window: number;
  /** Readings per second that are offered; 0: as many as are acknowledged. */
  perSecond: number;
}

/** Eight values a meter, twelve meters a gateway: the city's mean (23,500 meters on 1,960 gateways). */
export const METERS = 12;
export const POINTS = [
  'energy.import',
  'energy.export',
  'power',
  'voltage.a',
  'voltage.b',
  'voltage.c',
  'current.a',
  'frequency',
] as const;
export const DECIMALS = 2;
export const TOKEN = 'secret';
const PER_SLOT = METERS * POINTS.length;
/** A backlog and live values of one run must not share a key. */
const REPLAY_START = Date.UTC(2026, 0, 1);
const LIVE_START = Date.UTC(2026, 7, 1);

export const gatewayCode = (g: number): string => `GW-${g}-X`;
export const meterCode = (g: number, n: number): string => `${gatewayCode(g)}-${n}`;
/** Number that the seeded registry gives to a meter (1 is the first of gateway 0). */
export const meterId = (g: number, n: number): number => g * METERS + n;

export const messagesPerGateway = ({ readings, gateways, perMessage }: LoadPlan): number =>
  Math.max(1, Math.ceil(readings / gateways / perMessage));

export interface PlannedReading {
  /** Meter of the gateway, from 1. */
  meter: number;
  /** Index in `POINTS`. */
  point: number;
  /** Epoch milliseconds. */
  ts: number;
  counts: number;
}

/** The k-th reading of a gateway: all values of all meters, then the next 15 minutes (replay) or minute (live). */
export function plannedReading(k: number, replay: boolean): PlannedReading {
  const [within, slot] = [k % PER_SLOT, Math.floor(k / PER_SLOT)];
  return {
    meter: 1 + Math.floor(within / POINTS.length),
    point: within % POINTS.length,
    ts: replay ? REPLAY_START + slot * 15 * MINUTE : LIVE_START + slot * MINUTE,
    counts: 100_000 + k,
  };
}

const CHECK_MODULUS = 2_147_483_647;

/** One reading's share of the checksum; `CHECKSUM_SQL` is the same in the database. Not linear, so a swapped value shows. */
export const checksumOf = (meter: number, point: number, ts: number, counts: number): number =>
  (counts * 7919 + meter * 104_729 + point * 1_299_709 + ts) % CHECK_MODULUS;

export const CHECKSUM_SQL = `
select count(*)::float8 as count,
  coalesce(sum((value * 7919 + meter_id * 104729::int8 + point * 1299709::int8 + (extract(epoch from ts) * 1000)::int8)
    % ${CHECK_MODULUS}), 0)::text as checksum
from metering.reading`;
