import { z } from 'zod';
import { Flag, Id, Instant, paging, text } from '../../lib/shapes.ts';

/** What a login looks like. */
export const LOGIN = /^[a-z][a-z0-9._-]{1,63}$/;
const Login = z.string().regex(LOGIN, 'small letters, digits, . _ - and a letter first');
const DisplayName = text(100).min(1);
const Phone = z.string().regex(/^(\+?[0-9 -]{5,20})?$/, 'digits, blanks, - and a leading +');

export const ListUsers = z.strictObject({
  /** Part of the login or name. */
  search: text(100).optional(),
  enabled: Flag.optional(),
  ...paging,
});

export const CreateUser = z.strictObject({
  login: Login,
  displayName: DisplayName,
  phone: Phone.default(''),
  /** A service has no password: it works with API tokens. */
  kind: z.enum(['person', 'service']).default('person'),
});

/** What is left out stays. */
export const UpdateUser = z
  .strictObject({ displayName: DisplayName.optional(), phone: Phone.optional(), enabled: z.boolean().optional() })
  .refine((body) => Object.keys(body).length > 0, 'name at least one field');

export const User = z.object({
  id: Id,
  login: z.string(),
  displayName: z.string(),
  /** Masked (138****1234) unless the caller may see personal data. */
  phone: z.string(),
  kind: z.enum(['person', 'service']),
  enabled: z.boolean(),
  secondFactor: z.boolean(),
  lockedUntil: Instant.nullable(),
  createdAt: Instant,
  roles: z.array(z.string()),
  /** `sub` at the organisation's own log-in; null: logs in with a password only. */
  oidcSubject: z.string().nullable(),
  /** Send it back in If-Match to change the user. */
  version: z.int(),
});

export const UserPage = z.object({ items: z.array(User), nextCursor: z.string().nullable(), total: z.int() });

/** The password is shown this once and must be changed at the first log-in; null for a service. */
export const CreatedUser = User.extend({ temporaryPassword: z.string().nullable() });
export const NewPassword = z.object({ temporaryPassword: z.string() });
