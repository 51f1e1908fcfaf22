import { z } from 'zod';
import { text } from '../../lib/shapes.ts';

export const LogInMethods = z.object({
  password: z.literal(true),
  /** The organisation's own log-in; null when it is not configured. Addresses are relative to the page. */
  oidc: z.object({ start: z.string(), logout: z.string() }).nullable(),
});

/** What providers send back (RFC 6749 §4.1.2, RFC 9207, session management, and what large ones add). */
const parameter = text(4_096).optional();
export const CallbackQuery = z.strictObject({
  code: parameter,
  state: parameter,
  iss: parameter,
  error: parameter,
  error_description: parameter,
  error_uri: parameter,
  session_state: parameter,
  scope: parameter,
  authuser: parameter,
  hd: parameter,
  prompt: parameter,
});

/** Six digits of the authenticator, or a recovery code. */
export const SecondStep = z.strictObject({ code: text(32).min(6) });

/** `sub` of the person at the provider: opaque, at most 255 ASCII characters (OpenID Connect Core 1.0 §2). */
export const Identity = z.strictObject({
  subject: z.string().regex(/^[\x21-\x7e]{1,255}$/, '1 to 255 visible ASCII characters'),
});
