import { z } from 'zod';
import { Instant, text } from '../../lib/shapes.ts';

export const CreateSession = z.strictObject({
  login: text(64).min(1),
  password: text(256).min(1),
});

export const User = z
  .object({
    login: z.string(),
    displayName: z.string(),
    role: z.enum(['admin', 'manager', 'auditor']),
  })
  .meta({ id: 'User' });

export const CurrentSession = z.object({ user: User, csrfToken: z.string(), expiresAt: Instant });

/** `token` is for programs (Authorization: Bearer); browsers hold it as an HttpOnly cookie. */
export const OpenedSession = CurrentSession.extend({ token: z.string() });
