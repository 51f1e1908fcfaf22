import { shanghaiText } from '@ganzhi/schemas';
import type { z } from 'zod';
import { openDuty } from '../../auth/policy.ts';
import type { Session } from '../../auth/session.ts';
import type { CurrentSession } from './schema.ts';

/** What a logged-in person or program is told about itself. */
export function currentSession(session: Session, now: number): z.infer<typeof CurrentSession> {
  const { login, displayName, roles, permissions } = session.user;
  return {
    user: { login, displayName, roles: [...roles], permissions: [...permissions] },
    csrfToken: session.login?.csrfToken ?? '',
    expiresAt: shanghaiText(session.expiresAt),
    via: session.login?.via ?? null,
    secondFactor: session.secondFactor,
    duty: openDuty(session, now) ?? null,
  };
}
