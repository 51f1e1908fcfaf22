import { shanghaiText } from '@ganzhi/schemas';
import type { z } from 'zod';
import { maskedPhone } from '../../lib/mask.ts';
import { instantOrNull } from '../../lib/time.ts';
import type { User } from './schema.ts';
import type { UserRow } from './sql.ts';

/** A user as others see him; personal data only for who may see them. */
export const userOf = (row: UserRow, mayReadPersonal: boolean): z.infer<typeof User> => ({
  id: row.id,
  login: row.login,
  displayName: row.display_name,
  phone: mayReadPersonal ? row.phone : maskedPhone(row.phone),
  kind: row.kind,
  enabled: row.enabled,
  secondFactor: row.totp_confirmed,
  lockedUntil: instantOrNull(row.locked_until),
  createdAt: shanghaiText(row.created_at),
  roles: row.roles,
  oidcSubject: row.oidc_subject,
  version: row.version,
});
