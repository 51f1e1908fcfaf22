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

/**
 * The gateway of an MQTT connection, or undefined. Ours: client id = user name = code, password = token. Clients of other makers
 * name themselves as they like; their user name is the code with the token as password, or (ThingsBoard) the token alone.
 */
export async function authenticateGateway(
  registry: GatewayLookup,
  clientId: string,
  username: string | undefined,
  password: Buffer | undefined,
): Promise<GatewayEntry | undefined> {
  if (username === undefined) return undefined;
  if (password === undefined || password.length === 0) {
    const owner = await authenticateToken(registry, undefined, Buffer.from(username));
    return owner?.dialect === 'thingsboard' ? owner : undefined;
  }
  const gateway = await authenticateToken(registry, username, password);
  return gateway?.dialect === 'native' && username !== clientId ? undefined : gateway;
}
