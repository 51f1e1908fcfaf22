import { readFileSync } from 'node:fs';
import { GATEWAY_CODE, GanzhiError, MAX_METERS_PER_GATEWAY, MeterConfig } from '@ganzhi/schemas';
import { z } from 'zod';
import { DEFAULT_REPLAY_PER_S } from './publisher/budget.ts';

export const GatewayConfig = z
  .object({
    code: z.string().regex(GATEWAY_CODE),
    token: z.string().min(1).optional(),
    tokenFile: z.string().optional(),
    mqttUrl: z.string().regex(/^mqtts?:\/\//),
    /** Outbox, keys and certificates of this gateway. */
    dataDir: z.string().min(1),
    /** Time is injected (simulation); told to the server, which refuses it in production mode. */
    simulatedTime: z.boolean().default(false),
    outboxMaxBytes: z
      .int()
      .min(1_000_000)
      .default(256 * 1024 * 1024),
    /** Readings older than this are dropped unsent, once the server has confirmed the clock that judges it. */
    outboxMaxAgeDays: z.int().min(1).max(3_650).default(92),
    /** Readings per second of the backlog when the server grants no other rate. */
    replayPerS: z.int().min(1).max(1_000_000).default(DEFAULT_REPLAY_PER_S),
    meters: z.array(MeterConfig).max(MAX_METERS_PER_GATEWAY),
  })
  .refine(
    ({ token, tokenFile }) => (token === undefined) !== (tokenFile === undefined),
    'give either token or tokenFile',
  )
  .refine(({ meters }) => new Set(meters.map(({ code }) => code)).size === meters.length, 'a meter code stands twice');
export type GatewayConfig = z.infer<typeof GatewayConfig>;
/** As written by a person: defaults may be left out. */
export type GatewayConfigInput = z.input<typeof GatewayConfig>;

/**
 * @throws GanzhiError `config-invalid` that lists every wrong field, and never a token
 */
export function parseGatewayConfig(input: unknown): GatewayConfig {
  const parsed = GatewayConfig.safeParse(input);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => `${path.join('.') || '(root)'}: ${message}`);
  throw new GanzhiError('config-invalid', `Gateway configuration:\n  ${lines.join('\n  ')}`);
}

/** The gateway's secret, from the configuration or from its file. */
export function gatewayToken({ code, token, tokenFile }: GatewayConfig): string {
  if (token !== undefined) return token;
  try {
    return readFileSync(tokenFile ?? '', 'utf8').trim();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GanzhiError('config-invalid', `Gateway ${code}: tokenFile cannot be read (${reason})`, { cause });
  }
}
