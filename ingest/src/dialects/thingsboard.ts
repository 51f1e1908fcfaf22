import { z } from 'zod';
import type { Report, Sample } from './dialect.ts';

/**
 * ThingsBoard's MQTT APIs. An entry is `{ts, values}`, `{values}`, or the values alone; without `ts` the server's time counts.
 * https://thingsboard.io/docs/reference/mqtt-api/telemetry/ and https://thingsboard.io/docs/reference/gateway-api/telemetry/
 */
const Values = z.record(z.string(), z.unknown());
const Timed = z.object({ ts: z.number().optional(), values: Values });
const Entry = z.union([Timed, Values]);
const Entries = z.union([z.array(Entry), Entry]);
const Gateway = z.record(z.string(), z.array(Entry));

/** `v1/devices/me/telemetry`: the connection is the device, which has no name of its own here. See {@link Dialect}. */
export function thingsboardDevice(message: unknown, now: number): Report | string {
  const parsed = Entries.safeParse(message);
  if (!parsed.success) return 'not ThingsBoard telemetry: an object of values, {ts, values}, or an array of these';
  return reportOf([['', Array.isArray(parsed.data) ? parsed.data : [parsed.data]]], now);
}

/** `v1/gateway/telemetry`: entries by device. See {@link Dialect}. */
export function thingsboardGateway(message: unknown, now: number): Report | string {
  const parsed = Gateway.safeParse(message);
  if (!parsed.success) return 'not ThingsBoard gateway telemetry: an object of devices, each an array of {ts, values}';
  return reportOf(Object.entries(parsed.data), now);
}

function reportOf(devices: readonly [string, readonly z.infer<typeof Entry>[]][], now: number): Report {
  const samples: Sample[] = [];
  let stamped = false;
  for (const [device, entries] of devices) {
    for (const entry of entries) {
      const timed = Timed.safeParse(entry);
      const { ts, values } = timed.success ? timed.data : { ts: undefined, values: entry };
      if (ts === undefined) stamped = true;
      for (const [tag, x] of Object.entries(values)) samples.push({ device, tag, t: ts ?? now, x });
    }
  }
  return { samples, failures: [], stamped };
}
