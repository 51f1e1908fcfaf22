import { z } from 'zod';
import { PERMISSIONS } from '../../auth/permissions.ts';
import { Id, Instant, text } from '../../lib/shapes.ts';

export const CreateToken = z.strictObject({
  name: text(100).min(1),
  /** At most what the user may; what is not named here the token cannot do. */
  permissions: z.array(z.enum(PERMISSIONS)).min(1).max(PERMISSIONS.length),
  days: z.int().min(1).max(730),
});

export const Token = z.object({
  id: Id,
  name: z.string(),
  permissions: z.array(z.string()),
  createdAt: Instant,
  expiresAt: Instant,
  revokedAt: Instant.nullable(),
  lastUsedAt: Instant.nullable(),
});

export const Tokens = z.object({ items: z.array(Token) });

/** `token` is shown this once; the database keeps its digest. */
export const CreatedToken = Token.extend({ token: z.string() });
