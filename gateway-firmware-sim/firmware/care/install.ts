import { readFileSync } from 'node:fs';
import { GATEWAY_CODE, GanzhiError, MAX_METERS_PER_GATEWAY, MeterConfig } from '@ganzhi/schemas';
import { z } from 'zod';
import { GatewayConfig } from '../config.ts';

/**
 * What a person puts into a gateway on site: who it is and whom it talks to. Everything else comes from the server. Without `code`
 * the gateway enrols itself.
 */
export const InstallConfig = z
  .strictObject({
    serial: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{2,63}$/, '3 to 64 letters, digits, dots, colons, dashes'),
    model: z.string().min(1).max(64).default('ganzhi-gateway'),
    /** Ingest's HTTP door: enrolment and firmware images. */
    careUrl: z.string().regex(/^https?:\/\/[^/]+$/, 'http://host:port or https://host:port'),
    mqttUrl: z.string().regex(/^mqtts?:\/\//),
    /** Certificates (PEM file) that the broker's must lead to. */
    caFile: z.string().optional(),
    dataDir: z.string().min(1),
    /** What to ask for at enrolment; a certificate needs mqtts://. */
    credential: z.enum(['token', 'certificate']).default('token'),
    /** Registered beforehand: its code and token, instead of an enrolment. */
    code: z.string().regex(GATEWAY_CODE).optional(),
    token: z.string().min(1).optional(),
    tokenFile: z.string().optional(),
    /** Ed25519 public keys (32 bytes, base64url) that may sign firmware; none: no firmware is accepted. */
    firmwareKeys: z
      .array(z.string().regex(/^[A-Za-z0-9_-]{43}$/, '32 bytes as base64url'))
      .max(8)
      .default([]),
    /** Version of the firmware that was delivered with the gateway. */
    firmware: z.string().min(1).max(48).default('0.1.0'),
    simulatedTime: z.boolean().default(false),
    outboxMaxBytes: GatewayConfig.shape.outboxMaxBytes,
    outboxMaxAgeDays: GatewayConfig.shape.outboxMaxAgeDays,
    replayPerS: GatewayConfig.shape.replayPerS,
    /** Read until the server sends a configuration. */
    meters: z.array(MeterConfig).max(MAX_METERS_PER_GATEWAY).default([]),
  })
  .refine(
    ({ code, token, tokenFile }) => [token, tokenFile].filter(Boolean).length === (code === undefined ? 0 : 1),
    'give code with token or tokenFile, or none of them to enrol',
  );
export type InstallConfig = z.infer<typeof InstallConfig>;
export type InstallConfigInput = z.input<typeof InstallConfig>;

/** True for a configuration file of a gateway that is cared for from afar. */
export const isInstallConfig = (input: unknown): boolean =>
  typeof input === 'object' && input !== null && 'careUrl' in input;

/** @throws GanzhiError `config-invalid` that lists every wrong field, and never a token */
export function parseInstallConfig(input: unknown): InstallConfig {
  const parsed = InstallConfig.safeParse(input);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => `${path.join('.') || '(root)'}: ${message}`);
  throw new GanzhiError('config-invalid', `Gateway configuration:\n  ${lines.join('\n  ')}`);
}

/** @throws GanzhiError `config-invalid` when the file cannot be read */
export function readInstallFile(path: string, field: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new GanzhiError('config-invalid', `${field}: ${path} cannot be read (${(cause as Error).message})`, {
      cause,
    });
  }
}
