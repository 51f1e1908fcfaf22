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
  /** Quantity that failed; absent when all of the meter's did, for the same reason. */
  p: z.string().min(1).max(32).optional(),
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
  /**
   * Stamped by a clock that was never set, and past healing: no stamp in this batch means anything. The server keeps its
   * readings in quarantine (`clock-unset`), never in an hour.
   */
  clock: z.literal('unset').optional(),
  readings: z.array(Reading).max(MAX_READINGS_PER_BATCH),
  errors: z.array(ReadFailure).max(MAX_READINGS_PER_BATCH).default([]),
});
export type TelemetryBatch = z.infer<typeof TelemetryBatch>;

/** What a gateway may replay beside its live values. Without one it keeps to a low rate of its own. */
export const ReplayGrant = z.object({
  /** Readings per second of the backlog; 0 asks for silence. */
  replayPerS: z.number().min(0).max(1_000_000),
  /** Seconds from receipt after which the grant has lapsed. */
  forS: z.number().min(1).max(3_600),
});
export type ReplayGrant = z.infer<typeof ReplayGrant>;

/** Sent on `down/ack` after commit. `rejected` names readings that went to quarantine: safe, and the server's work now. */
export const BatchAck = z.object({
  batch: z.uuid(),
  status: z.enum(['stored', 'rejected']),
  rejected: z.array(z.object({ i: z.int(), code: z.string() })).default([]),
  /** The newest grant counts; an acknowledgement without one leaves the last grant to lapse. */
  grant: ReplayGrant.optional(),
  /** Server's clock when it answered, epoch ms: sets the clock of a gateway that has lost its own. */
  serverAt: z.int().optional(),
});
export type BatchAck = z.infer<typeof BatchAck>;

/**
 * What a gateway knows of its time: never set since boot (1970), set by itself or its network, or compared with the server's.
 */
export const CLOCK_STATES = ['unset', 'unconfirmed', 'confirmed'] as const;

/** Retained on `up/state`; the broker publishes the offline form as last will. Sent again as a heartbeat. */
export const GatewayState = z.object({
  v: z.literal(1),
  state: z.enum(['online', 'offline']),
  /** Gateway's wall clock, epoch milliseconds; absent in the last will. */
  at: z.int().optional(),
  /** Milliseconds since the machine booted; comparable within one `bootId` only. */
  monotonicMs: z.number().optional(),
  bootId: z.string().max(64).optional(),
  clock: z.enum(CLOCK_STATES).optional(),
  /** Gateway's wall clock minus the server's, as the gateway measured it by an acknowledgement. */
  serverOffsetMs: z.number().optional(),
  outboxReadings: z.int().min(0).optional(),
  outboxOldestAt: z.int().optional(),
  /** The backlog alone: what waits, how fast it may go, and the seconds until it is gone at that pace. */
  backlogReadings: z.int().min(0).optional(),
  replayPerS: z.number().min(0).optional(),
  backlogEtaS: z.int().min(0).optional(),
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
  /** Understands remote care (`down/cmd`, `down/config`, `down/firmware`) of this version; absent: it does not. */
  care: z.literal(1).optional(),
  /** Version of the server's configuration that runs; 0: the gateway's own file. */
  configuration: z.int().min(0).optional(),
});
export type GatewayMeta = z.infer<typeof GatewayMeta>;

export const GatewayEvent = z.object({
  v: z.literal(1),
  at: z.int(),
  kind: z.string().max(64),
  detail: z.record(z.string(), z.unknown()).default({}),
});
export type GatewayEvent = z.infer<typeof GatewayEvent>;
