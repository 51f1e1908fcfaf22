import type { Db, Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import type { GrantRole, Roles } from './schema.ts';

export async function listRoles(db: Db): Promise<z.infer<typeof Roles>['items']> {
  const { rows } = await db.query<z.infer<typeof Roles>['items'][number]>(
    `select r.code, r.name_zh as "nameZh", r.name_en as "nameEn", r.kind,
       array(select permission from platform.role_permission p where p.role_code = r.code order by 1) as permissions
     from platform.role r order by r.kind, r.code`,
  );
  return rows;
}

export interface AssignmentRow {
  id: number;
  user_id: number;
  login: string;
  role_code: string;
  kind: 'business' | 'system' | 'security' | 'audit' | 'bootstrap';
  whole_city: boolean;
  division_code: string | null;
  line_code: string | null;
  institution_ids: number[];
  meter_ids: number[];
  data_from: number | null;
  data_to: number | null;
  valid_from: number;
  valid_to: number | null;
  revoked_at: number | null;
  granted_by: string;
  delegated_from: number | null;
  reason: string;
}

const SELECT = `select a.*, u.login, r.kind from platform.assignment a
  join platform.app_user u on u.id = a.user_id join platform.role r on r.code = a.role_code`;

export async function assignmentsOf(db: Db, userId: number): Promise<AssignmentRow[]> {
  const { rows } = await db.query<AssignmentRow>(`${SELECT} where a.user_id = $1 order by a.id desc limit 1000`, [
    userId,
  ]);
  return rows;
}

/** Locked, so that a right is not revoked while it is being handed on. */
export async function findAssignment(tx: Tx, id: number): Promise<AssignmentRow | undefined> {
  const { rows } = await tx.query<AssignmentRow>(`${SELECT} where a.id = $1 for update of a`, [id]);
  return rows[0];
}

export async function insertAssignment(
  tx: Tx,
  userId: number,
  grant: z.infer<typeof GrantRole>,
  { grantedBy, now, delegatedFrom }: { grantedBy: string; now: number; delegatedFrom?: number },
): Promise<number> {
  const { role, wholeCity, division, line, institutionIds, meterIds, dataFrom, dataTo, validFrom, validTo, reason } =
    grant;
  const at = (t: number | undefined): Date | null => (t === undefined ? null : new Date(t));
  const { rows } = await tx.query<{ id: number }>(
    `insert into platform.assignment (user_id, role_code, whole_city, division_code, line_code, institution_ids, meter_ids,
       data_from, data_to, valid_from, valid_to, granted_by, delegated_from, reason)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) returning id`,
    [
      userId,
      role,
      wholeCity,
      division ?? null,
      line ?? null,
      institutionIds,
      meterIds,
      at(dataFrom),
      at(dataTo),
      at(validFrom ?? now),
      at(validTo),
      grantedBy,
      delegatedFrom ?? null,
      reason,
    ],
  );
  return rows[0]?.id ?? 0;
}

export async function revokeAssignment(tx: Tx, id: number, now: number): Promise<void> {
  await tx.query('update platform.assignment set revoked_at = $2 where id = $1 and revoked_at is null', [
    id,
    new Date(now),
  ]);
}

export interface Known {
  role: boolean;
  division: boolean;
  line: boolean;
  institutions: boolean;
  meters: boolean;
}

/** Which of the things that a grant names exist. */
export async function knownParts(tx: Tx, grant: z.infer<typeof GrantRole>): Promise<Known> {
  const { rows } = await tx.query<Known>(
    `select exists (select from platform.role where code = $1) as role,
       $2::text is null or exists (select from registry.division where code = $2) as division,
       $3::text is null or exists (select from registry.line where code = $3) as line,
       cardinality($4::int4[]) = (select count(*) from platform.institutions_of('{}', '{}', $4)) as institutions,
       cardinality($5::int4[]) = (select count(*) from platform.known_meters($5)) as meters`,
    [grant.role, grant.division ?? null, grant.line ?? null, grant.institutionIds, grant.meterIds],
  );
  const [known] = rows;
  if (!known) throw new Error('a select without "from" gave no row');
  return known;
}
