import { createHash, timingSafeEqual } from 'node:crypto';
import type { GatewayEntry } from '../registry/load.ts';
import type { PeerCertificate } from './certificate.ts';

export interface GatewayLookup {
  gateway(code: string): GatewayEntry | undefined;
  /** The one gateway with this SHA-256 of its token; undefined for none and for several. */
  gatewayByToken(tokenSha256: Buffer): GatewayEntry | undefined;
  lookAgain(): Promise<void>;
}

/** Who was let in, and by what: the connection lasts as long as that holds. */
export interface Pass {
  gateway: GatewayEntry;
  kind: 'token' | 'certificate';
  sha256: Buffer;
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
): Promise<Pass | undefined> {
  const presented = createHash('sha256').update(token).digest();
  const find = (): GatewayEntry | undefined =>
    code === undefined ? registry.gatewayByToken(presented) : registry.gateway(code);
  const matches = (gateway: GatewayEntry | undefined): boolean => {
    const current = timingSafeEqual(presented, gateway?.tokenSha256 ?? NOBODY);
    const next = timingSafeEqual(presented, gateway?.nextTokenSha256 ?? NOBODY);
    return current || next;
  };
  // a token may have been rotated a moment ago, as a gateway may have been registered
  if (!matches(find())) await registry.lookAgain();
  const gateway = find();
  return matches(gateway) && gateway?.enabled ? { gateway, kind: 'token', sha256: presented } : undefined;
}

/**
 * The enabled gateway of a client certificate: its CN is the code, its fingerprint is known, and it is valid now. Who signed it
 * does not matter; that the peer has the key was proved by the TLS handshake (RFC 8446 §4.4.3).
 */
async function authenticateCertificate(
  registry: GatewayLookup,
  { commonName, sha256, validFrom, validTo }: PeerCertificate,
  now: number,
): Promise<Pass | undefined> {
  const known = (gateway: GatewayEntry | undefined): boolean =>
    [gateway?.certificateSha256, gateway?.nextCertificateSha256].some((print) => print?.equals(sha256));
  if (!known(registry.gateway(commonName))) await registry.lookAgain();
  const gateway = registry.gateway(commonName);
  if (!gateway?.enabled || now < validFrom || now > validTo) return undefined;
  return known(gateway) ? { gateway, kind: 'certificate', sha256 } : undefined;
}

/** What a client presents in CONNECT and in the TLS handshake. */
export interface Presented {
  clientId: string;
  username: string | undefined;
  password: Buffer | undefined;
  certificate?: PeerCertificate | undefined;
}

/**
 * The gateway of an MQTT connection, or undefined. Ours: client id = user name = code, password = token, or no password and a
 * client certificate. Clients of other makers name themselves as they like; their user name is the code with the token as
 * password, or (ThingsBoard) the token alone.
 */
export async function authenticateGateway(
  registry: GatewayLookup,
  { clientId, username, password, certificate }: Presented,
  now: number,
): Promise<Pass | undefined> {
  const noPassword = password === undefined || password.length === 0;
  if (noPassword && certificate) {
    const pass = await authenticateCertificate(registry, certificate, now);
    return pass?.gateway.code === clientId && (username === undefined || username === clientId) ? pass : undefined;
  }
  if (username === undefined) return undefined;
  if (noPassword) {
    const owner = await authenticateToken(registry, undefined, Buffer.from(username));
    return owner?.gateway.dialect === 'thingsboard' ? owner : undefined;
  }
  const pass = await authenticateToken(registry, username, password);
  return pass?.gateway.dialect === 'native' && username !== clientId ? undefined : pass;
}

/** True while what a connection was let in by still holds. */
export function stillHolds({ gateway: then, kind, sha256 }: Pass, now: GatewayEntry): boolean {
  const known =
    kind === 'token' ? [now.tokenSha256, now.nextTokenSha256] : [now.certificateSha256, now.nextCertificateSha256];
  return now.enabled && now.dialect === then.dialect && known.some((print) => print?.equals(sha256));
}

/** True when this is the first use of a credential: of a new enrolment, or of the next one of a rotation. */
export function isFirstUse({ gateway, kind, sha256 }: Pass): boolean {
  const next = kind === 'token' ? gateway.nextTokenSha256 : gateway.nextCertificateSha256;
  return gateway.newcomer === true || (next?.equals(sha256) ?? false);
}
