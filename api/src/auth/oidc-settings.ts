import { type Config, GanzhiError } from '@ganzhi/schemas';

/** The organisation's own log-in; present only when it is configured. */
export interface OidcSettings {
  issuer: URL;
  clientId: string;
  clientSecret: string;
  /** Where browsers find the page, without a slash at the end; the provider sends them back below it. */
  publicUrl: string;
  /** Whether somebody whom nobody has entered becomes a user, without any right. */
  createUsers: boolean;
}

export const OIDC_SETTINGS = [
  'GANZHI_PUBLIC_URL',
  'GANZHI_OIDC_ISSUER',
  'GANZHI_OIDC_CLIENT_ID',
  'GANZHI_OIDC_CLIENT_SECRET',
  'GANZHI_OIDC_CREATE_USERS',
] as const;

/**
 * @returns undefined when no issuer is configured
 * @throws GanzhiError `config-invalid` naming what is missing, or a plain http address that is not of this machine
 */
export function oidcSettings(config: Config<(typeof OIDC_SETTINGS)[number]>): OidcSettings | undefined {
  const { GANZHI_OIDC_ISSUER: issuer, GANZHI_PUBLIC_URL: page } = config;
  const { GANZHI_OIDC_CLIENT_ID: clientId, GANZHI_OIDC_CLIENT_SECRET: clientSecret } = config;
  if (issuer === undefined) return undefined;
  if (page === undefined || clientId === undefined || clientSecret === undefined) {
    throw new GanzhiError(
      'config-invalid',
      'GANZHI_OIDC_ISSUER also needs GANZHI_OIDC_CLIENT_ID, GANZHI_OIDC_CLIENT_SECRET_FILE and GANZHI_PUBLIC_URL.',
    );
  }
  return {
    issuer: safeUrl('GANZHI_OIDC_ISSUER', issuer),
    clientId,
    clientSecret,
    publicUrl: safeUrl('GANZHI_PUBLIC_URL', page).href.replace(/\/+$/, ''),
    createUsers: config.GANZHI_OIDC_CREATE_USERS === 'true',
  };
}

export const isLoopback = ({ hostname }: URL): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(hostname);

/** Whoever listens to a plain connection could log in as anybody. */
function safeUrl(name: string, text: string): URL {
  const url = URL.parse(text);
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)))) return url;
  throw new GanzhiError('config-invalid', `${name}: write an https:// address (http:// only for this machine itself).`);
}
