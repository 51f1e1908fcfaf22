import type { ErrorCode } from '@ganzhi/schemas';
import type { GatewayEntry, MeterEntry, PointEntry } from '../registry/load.ts';

/** The part of the registry that resolving needs. */
export interface MeterLookup {
  meter(code: string): MeterEntry | undefined;
}

export interface Resolved {
  meter: MeterEntry;
  point: PointEntry;
}

/** Meter of a gateway by code, or the reason why there is none. Nothing is ever created by a reading. */
export function resolveMeter(code: string, gateway: GatewayEntry, registry: MeterLookup): MeterEntry | ErrorCode {
  const meter = registry.meter(code);
  if (!meter) return 'unknown-meter';
  return meter.gatewayId === gateway.id ? meter : 'foreign-meter';
}

/** Meter and point of a reading by their codes, or the reason of quarantine. */
export function resolveReading(
  reading: { m: string; p: string },
  gateway: GatewayEntry,
  registry: MeterLookup,
): Resolved | ErrorCode {
  const meter = resolveMeter(reading.m, gateway, registry);
  if (typeof meter === 'string') return meter;
  const point = meter.points.get(reading.p);
  return point ? { meter, point } : 'unknown-point';
}
