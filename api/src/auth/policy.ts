import { DAY } from '@ganzhi/schemas';
import type { Db, Tx } from '@ganzhi/schemas/db';
import { z } from 'zod';

/**
 * Rules for log-ins that the operator may sharpen (`platform.setting` "security"). The defaults are what GB/T 22239-2019
 * level 3 asks for: complexity, rotation, lock-out; the second factor is the operator's decision.
 */
export const SecurityPolicy = z.strictObject({
  passwordMinLength: z.int().min(10).max(128).default(10),
  /** 0: passwords do not grow old. */
  passwordMaxAgeDays: z.int().min(0).max(3_650).default(90),
  /** So many earlier passwords may not come back. */
  passwordHistory: z.int().min(0).max(24).default(5),
  secondFactor: z.enum(['optional', 'required']).default('optional'),
  /** API tokens live no longer than this. */
  tokenMaxDays: z.int().min(1).max(730).default(365),
});
export type SecurityPolicy = z.infer<typeof SecurityPolicy>;

export const SECURITY_SETTING = 'security';

export async function securityPolicy(db: Db | Tx): Promise<SecurityPolicy> {
  const { rows } = await db.query<{ value: unknown }>('select value from platform.setting where key = $1', [
    SECURITY_SETTING,
  ]);
  return SecurityPolicy.parse(rows[0]?.value ?? {});
}

/** What stands between a logged-in person and the work, if anything. */
export function openDuty(
  session: { passwordTemporary: boolean; passwordChangedAt: number; secondFactor: boolean; policy: SecurityPolicy },
  now: number,
): 'password-expired' | 'second-factor-missing' | undefined {
  const { passwordMaxAgeDays, secondFactor } = session.policy;
  if (session.passwordTemporary) return 'password-expired';
  if (passwordMaxAgeDays > 0 && now - session.passwordChangedAt > passwordMaxAgeDays * DAY) return 'password-expired';
  if (secondFactor === 'required' && !session.secondFactor) return 'second-factor-missing';
  return undefined;
}
