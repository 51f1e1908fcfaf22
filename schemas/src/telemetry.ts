import { z } from 'zod';

/**
 * Payloads of the native protocol, version 1. Builder and parser share these shapes; unknown fields are dropped, so a
 * newer gateway can say more than an older server understands.
 */

/** Quality of one value: 0 good, 1 uncertain, 2 bad, 3 substituted or estimated, 4 entered by hand. */
export const QUALITY = { good: 0, uncertain: 1, bad: 2, substituted: 3, manual: 4 } as const;

export const MAX_READINGS_PER_BATCH = 5_000;
export const MAX_MESSAGE_BYTES = 256 * 1024;

/** One value of one register: meter code, quantity code, epoch milliseconds (UTC), raw register value, quality. */
export const Reading = z.object({
  m: z.string().min(1).max(64),
  p: z.string().min(1).max(32),
  t: z.int(),
  /** A JSON number, or a decimal string when the register does not fit in 2^53. Checked for meaning in ingest. */
  x: z.union([z.number(), z.string().max(40)]),
  q: z.int().min(0).max(4).default(0),
});
export type Reading = z.infer<typeof Reading>;

/** A register that could not be read: "read failed" differs from silence. */
export const ReadFailure = z.object({
  m: z.string().min(1).max(64),
  t: z.int(),
  code: z.string().min(1).max(64),
});
export type ReadFailure = z.infer<typeof ReadFailure>;

export const TelemetryBatch = z.object({
  v: z.literal(1),
  batch: z.uuid(),
  /** Rises by one with each batch a gateway makes; gaps tell of drops. */
  seq: z.int().min(0),
  sentAt: z.iso.datetime({ offset: true }),
  /** True for batches from the backlog: ingest and dashboards may tell them from live values. */
  replay: z.boolean().default(false),
  readings: z.array(Reading).max(MAX_READINGS_PER_BATCH),
  errors: z.array(ReadFailure).max(MAX_READINGS_PER_BATCH).default([]),
});
export type TelemetryBatch = z.infer<typeof TelemetryBatch>;

/** Sent on `down/ack` after commit. `rejected` names readings that went to quarantine: safe, and the server's work now. */
export const BatchAck = z.object({
  batch: z.uuid(),
  status: z.enum(['stored', 'rejected']),
  rejected: z.array(z.object({ i: z.int(), code: z.string() })).default([]),
});
export type BatchAck = z.infer<typeof BatchAck>;

/** Retained on `up/state`; the broker publishes the offline form as last will. Sent again as a heartbeat. */
export const GatewayState = z.object({
  v: z.literal(1),
  state: z.enum(['online', 'offline']),
  /** Gateway's wall clock, epoch milliseconds; absent in the last will. */
  at: z.int().optional(),
  monotonicMs: z.number().optional(),
  outboxReadings: z.int().min(0).optional(),
  outboxOldestAt: z.int().optional(),
});
export type GatewayState = z.infer<typeof GatewayState>;

/** Retained birth on `up/meta`. */
export const GatewayMeta = z.object({
  v: z.literal(1),
  firmware: z.string().max(64),
  startedAt: z.int(),
  meters: z.array(z.object({ code: z.string().max(64), template: z.string().max(64) })).max(2_000),
  /** The gateway's time is injected (simulation). Refused in production mode. */
  simulatedTime: z.boolean().default(false),
});
export type GatewayMeta = z.infer<typeof GatewayMeta>;

export const GatewayEvent = z.object({
  v: z.literal(1),
  at: z.int(),
  kind: z.string().max(64),
  detail: z.record(z.string(), z.unknown()).default({}),
});
export type GatewayEvent = z.infer<typeof GatewayEvent>;
