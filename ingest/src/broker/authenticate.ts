import { createHash, timingSafeEqual } from 'node:crypto';
import type { GatewayEntry } from '../registry/load.ts';

export interface GatewayLookup {
  gateway(code: string): GatewayEntry | undefined;
  /** The one gateway with this SHA-256 of its token; undefined for none and for several. */
  gatewayByToken(tokenSha256: Buffer): GatewayEntry | undefined;
  lookAgain(): Promise<void>;
}

const NOBODY = Buffer.alloc(32);

/**
 * The enabled gateway that a token proves, or undefined. With a code the token is compared by its SHA-256 in constant time, for
 * an unknown code too, so that an answer's delay tells nothing; without one the token itself says whose it is.
 */
export async function authenticateToken(
  registry: GatewayLookup,
  code: string | undefined,
  token: Buffer,
): Promise<GatewayEntry | undefined> {
  const presented = createHash('sha256').update(token).digest();
  const find = (): GatewayEntry | undefined =>
    code === undefined ? registry.gatewayByToken(presented) : registry.gateway(code);
  if (!find()) await registry.lookAgain();
  const gateway = find();
  const matches = timingSafeEqual(presented, gateway?.tokenSha256 ?? NOBODY);
  return matches && gateway?.enabled ? gateway : undefined;
}

/** The gateway of an MQTT connection, or undefined: client id = user name = gateway code, password = token. */
export async function authenticateGateway(
  registry: GatewayLookup,
  clientId: string,
  username: string | undefined,
  password: Buffer | undefined,
): Promise<GatewayEntry | undefined> {
  if (username === undefined || username !== clientId) return undefined;
  return authenticateToken(registry, username, password ?? Buffer.alloc(0));
}
