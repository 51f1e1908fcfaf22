/** What a request presents: a gateway's code with its token (Basic), or the token alone (Bearer). */
export interface Credentials {
  code?: string;
  token: Buffer;
}

const SCHEME = /^(basic|bearer) +([A-Za-z0-9+/=._~-]+) *$/i;

/** Credentials of an `Authorization` header (RFC 7617, RFC 6750), or undefined when there are none that can be read. */
export function credentialsOf(header: string | undefined): Credentials | undefined {
  const [, scheme = '', value = ''] = SCHEME.exec(header ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return { token: Buffer.from(value) };
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const plain = Buffer.from(value, 'base64');
  const colon = plain.indexOf(':');
  return colon < 0 ? undefined : { code: plain.toString('utf8', 0, colon), token: plain.subarray(colon + 1) };
}
