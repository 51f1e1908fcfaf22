import type { Db } from '@ganzhi/schemas/db';
import { openSession } from '../src/auth/session.ts';

/** A role with its scope, as `platform.assignment` keeps it. */
export interface Right {
  role: string;
  wholeCity?: boolean;
  division?: string;
  line?: string;
  institutions?: readonly number[];
  meters?: readonly number[];
  validTo?: number;
  dataFrom?: number;
  dataTo?: number;
}

export interface Person {
  id: number;
  login: string;
  token: string;
  /** For `app.inject`. */
  headers: { authorization: string };
}

/**
 * A person with rights and an open session, past every password.
 *
 * @param owner a pool opened as `ganzhi_owner`
 */
export async function newPerson(
  owner: Db,
  { login, now }: { login: string; now: number },
  rights: readonly Right[],
): Promise<Person> {
  const { rows } = await owner.query<{ id: number }>(
    `insert into platform.app_user (login, display_name, password_hash, password_changed_at)
     values ($1, '测试员', 'never matches', $2) returning id`,
    [login, new Date(now)],
  );
  const id = rows[0]?.id ?? 0;
  for (const right of rights) await grant(owner, id, right);
  const { token } = await openSession(owner, id, now);
  return { id, login, token, headers: { authorization: `Bearer ${token}` } };
}

async function grant(owner: Db, userId: number, right: Right): Promise<void> {
  const at = (t: number | undefined): Date | null => (t === undefined ? null : new Date(t));
  await owner.query(
    `insert into platform.assignment (user_id, role_code, whole_city, division_code, line_code, institution_ids, meter_ids,
       valid_from, valid_to, data_from, data_to, granted_by)
     values ($1, $2, $3, $4, $5, $6, $7, '-infinity', $8, $9, $10, 'test')`,
    [
      userId,
      right.role,
      right.wholeCity ?? false,
      right.division ?? null,
      right.line ?? null,
      right.institutions ?? [],
      right.meters ?? [],
      at(right.validTo),
      at(right.dataFrom),
      at(right.dataTo),
    ],
  );
}
