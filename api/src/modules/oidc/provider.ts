import { HOUR } from '@ganzhi/schemas';
import * as oidc from 'openid-client';
import { isLoopback, type OidcSettings } from '../../auth/oidc-settings.ts';
import { Refusal } from '../../errors/refuse.ts';

/** Secrets of one journey to the provider and back. */
export interface Journey {
  state: string;
  nonce: string;
  codeVerifier: string;
}

/** Whom the provider vouches for. */
export interface Vouched {
  issuer: string;
  subject: string;
  name: string | undefined;
  preferredLogin: string | undefined;
  /** The provider asked for more than one factor (RFC 8176 §2, amr "mfa"). */
  manyFactors: boolean;
}

export const CALLBACK = '/api/v1/oidc/callback';
const TIMEOUT_S = 10;

/**
 * The organisation's provider: authorization code with PKCE (S256), state and nonce; the ID token's signature is checked against
 * the provider's keys (OpenID Connect Core 1.0 §3.1.3.7). Its metadata are asked for when first needed and each hour.
 */
export class Provider {
  readonly #settings: OidcSettings;
  readonly #clock: () => number;
  #known: { at: number; configuration: Promise<oidc.Configuration> } | undefined;

  constructor(settings: OidcSettings, clock: () => number) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Its name for itself, as ID tokens carry it: not always the address as the operator wrote it (a slash at the end). */
  async issuer(): Promise<string> {
    return (await this.#configuration()).serverMetadata().issuer;
  }

  /** Where to send the browser, and what to remember until it comes back. */
  async departure(): Promise<{ url: URL; journey: Journey }> {
    const configuration = await this.#configuration();
    const journey = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      codeVerifier: oidc.randomPKCECodeVerifier(),
    };
    const url = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: this.#settings.publicUrl + CALLBACK,
      scope: 'openid profile',
      state: journey.state,
      nonce: journey.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(journey.codeVerifier),
      code_challenge_method: 'S256',
    });
    return { url, journey };
  }

  /**
   * Trades the code for the ID token and checks it.
   *
   * @param search the query that the browser came back with
   * @throws the library's errors for anything that does not fit, Refusal `unavailable` when the provider is away
   */
  async arrival(search: string, { state, nonce, codeVerifier }: Journey): Promise<Vouched> {
    const configuration = await this.#configuration();
    const came = new URL(`${this.#settings.publicUrl}${CALLBACK}?${search}`);
    const tokens = await oidc.authorizationCodeGrant(configuration, came, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: codeVerifier,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (!claims) throw new Error('the provider gave no ID token');
    const text = (value: unknown): string | undefined =>
      typeof value === 'string' && value !== '' ? value : undefined;
    return {
      issuer: claims.iss,
      subject: claims.sub,
      name: text(claims.name),
      preferredLogin: text(claims.preferred_username),
      manyFactors: Array.isArray(claims.amr) && claims.amr.includes('mfa'),
    };
  }

  /** Where a browser ends its log-in at the provider too; the page itself when the provider has no such place. */
  async exit(): Promise<string> {
    const { publicUrl } = this.#settings;
    const configuration = await this.#configuration();
    if (configuration.serverMetadata().end_session_endpoint === undefined) return `${publicUrl}/`;
    return oidc.buildEndSessionUrl(configuration, { post_logout_redirect_uri: `${publicUrl}/` }).href;
  }

  #configuration(): Promise<oidc.Configuration> {
    const now = this.#clock();
    if (this.#known && now - this.#known.at < HOUR) return this.#known.configuration;
    const configuration = this.#discover().catch((cause: unknown) => {
      this.#known = undefined;
      throw new Refusal(
        'unavailable',
        { zh: '统一身份认证服务暂时无法连接。', en: 'The log-in service of the organisation cannot be reached.' },
        { cause },
      );
    });
    this.#known = { at: now, configuration };
    return configuration;
  }

  #discover(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret } = this.#settings;
    const execute = [oidc.enableNonRepudiationChecks, ...(isLoopback(issuer) ? [oidc.allowInsecureRequests] : [])];
    return oidc.discovery(issuer, clientId, clientSecret, undefined, { execute, timeout: TIMEOUT_S });
  }
}
