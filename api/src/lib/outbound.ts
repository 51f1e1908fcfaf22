/**
 * An address that the server itself calls. Only hosts that the operator allows: else whoever may enter an address could make
 * the server talk to whatever stands beside it. Calls follow no redirects, for the same reason.
 *
 * @param hosts `host` or `host:port`, as in the address
 * @param setting names the list in the message
 * @throws Error
 */
export function allowedUrl(address: string, hosts: readonly string[], setting: string): URL {
  const url = new URL(address);
  if (['http:', 'https:'].includes(url.protocol) && hosts.includes(url.host)) return url;
  throw new Error(`the host ${url.host} is not among those allowed (${setting})`);
}

/** Of a setting: hosts by comma. */
export const hostList = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((host) => host.trim())
    .filter((host) => host !== '');
