import { z } from 'zod';
import { PERMISSIONS } from '../../auth/permissions.ts';
import { Instant, text } from '../../lib/shapes.ts';

export const CreateSession = z.strictObject({
  login: text(64).min(1),
  password: text(256).min(1),
  /** Six digits of the authenticator, or a recovery code. Needed once a second factor is set up. */
  code: text(32).min(6).optional(),
});

export const User = z
  .object({
    login: z.string(),
    displayName: z.string(),
    roles: z.array(z.string()),
    /** What the roles permit at this moment; a page shows no more. */
    permissions: z.array(z.enum(PERMISSIONS)),
  })
  .meta({ id: 'User' });

export const CurrentSession = z.object({
  user: User,
  /** Empty for an API token, which needs none. */
  csrfToken: z.string(),
  expiresAt: Instant,
  /** How this session was opened; null for an API token. */
  via: z.enum(['password', 'oidc']).nullable(),
  /** Whether the account has a second factor here, or the provider asked for one. */
  secondFactor: z.boolean(),
  /** What must be done before anything else. */
  duty: z.enum(['password-expired', 'second-factor-missing']).nullable(),
});

/** `token` is for programs (Authorization: Bearer); browsers hold it as an HttpOnly cookie. */
export const OpenedSession = CurrentSession.extend({ token: z.string() });

export const ChangePassword = z.strictObject({ current: text(256).min(1), next: text(256).min(1) });

/** The password again: a page that was left open must not suffice. */
export const Confirm = z.strictObject({
  /** Left out by accounts without one, which log in at the organisation: they must have done so within ten minutes. */
  password: text(256).min(1).optional(),
});
export const ConfirmCode = z.strictObject({ code: z.string().regex(/^\d{6}$/) });

export const Enrolment = z.object({ secret: z.string(), uri: z.string() });
export const RecoveryCodes = z.object({ recoveryCodes: z.array(z.string()) });

export const OpenSessions = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      createdAt: Instant,
      expiresAt: Instant,
      address: z.string().nullable(),
      agent: z.string().nullable(),
      current: z.boolean(),
    }),
  ),
});

export const SessionParams = z.strictObject({ id: z.string().regex(/^\d{1,18}$/) });
