import { z } from 'zod';
import { quantityByCode } from '../quantities.ts';
import { Connection } from './connection.ts';

/** The configuration of a gateway that the server keeps in versions and sends down. Version 1 of the shape. */

export const MeterConfig = z.object({
  code: z.string().min(1).max(64),
  template: z.string().min(1).max(64),
  intervalMs: z.int().min(1_000).max(86_400_000).default(60_000),
  /** Quantities to read; all of the template's when absent. */
  points: z
    .array(z.string().refine((code) => quantityByCode(code) !== undefined, 'unknown quantity'))
    .min(1)
    .max(64)
    .optional(),
  connection: Connection,
});
export type MeterConfig = z.infer<typeof MeterConfig>;

export const MAX_METERS_PER_GATEWAY = 2_000;
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** What may be changed from afar. Who the gateway is and whom it talks to stays with the person who installed it. */
export const RemoteConfiguration = z
  .strictObject({
    meters: z.array(MeterConfig).max(MAX_METERS_PER_GATEWAY),
    logLevel: z.enum(LOG_LEVELS).default('info'),
    outboxMaxBytes: z
      .int()
      .min(1_000_000)
      .max(64 * 1024 ** 3)
      .optional(),
    /** How long a new configuration may take to prove itself: a reading of its meters, acknowledged by the server. */
    trialMs: z.int().min(1_000).max(3_600_000).default(300_000),
  })
  .refine(({ meters }) => new Set(meters.map(({ code }) => code)).size === meters.length, 'a meter code stands twice');
export type RemoteConfiguration = z.infer<typeof RemoteConfiguration>;
export type RemoteConfigurationInput = z.input<typeof RemoteConfiguration>;

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 in hexadecimal');

/**
 * `down/config`. `text` is the JSON of a {@link RemoteConfiguration}, as text, so that both sides digest the same bytes.
 * `version` is a positive number that rises with each configuration of a gateway.
 */
export const ConfigurationOrder = z.object({
  v: z.literal(1),
  version: z.int().min(1),
  digest: Sha256,
  text: z.string().max(250_000),
});
export type ConfigurationOrder = z.infer<typeof ConfigurationOrder>;

/** What became of a version: refused (never applied), on trial, active, or returned from (the last good one runs again). */
export const CONFIGURATION_STATES = ['refused', 'trial', 'active', 'returned'] as const;

/** `up/config`: sent on every change, and again after a connection was lost. */
export const ConfigurationReport = z.object({
  v: z.literal(1),
  version: z.int().min(1),
  digest: Sha256,
  state: z.enum(CONFIGURATION_STATES),
  /** Why refused or returned; names field and remedy. */
  reason: z.string().max(2_000).optional(),
  /** The version that runs now; 0: the one from the gateway's own file. */
  running: z.int().min(0),
  at: z.int(),
});
export type ConfigurationReport = z.infer<typeof ConfigurationReport>;
