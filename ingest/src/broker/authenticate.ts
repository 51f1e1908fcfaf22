import { createHash, timingSafeEqual } from 'node:crypto';
import type { GatewayEntry } from '../registry/load.ts';

export interface GatewayLookup {
  gateway(code: string): GatewayEntry | undefined;
  lookAgain(): Promise<void>;
}

const NOBODY = Buffer.alloc(32);

/**
 * The gateway that these credentials prove, or undefined. Client id = user name = gateway code; the token is compared by its
 * SHA-256 in constant time, for an unknown code too, so that an answer's delay tells nothing.
 */
export async function authenticateGateway(
  registry: GatewayLookup,
  clientId: string,
  username: string | undefined,
  password: Buffer | undefined,
): Promise<GatewayEntry | undefined> {
  if (username === undefined || username !== clientId) return undefined;
  if (!registry.gateway(username)) await registry.lookAgain();
  const gateway = registry.gateway(username);
  const presented = createHash('sha256')
    .update(password ?? Buffer.alloc(0))
    .digest();
  const matches = timingSafeEqual(presented, gateway?.tokenSha256 ?? NOBODY);
  return matches && gateway?.enabled ? gateway : undefined;
}
