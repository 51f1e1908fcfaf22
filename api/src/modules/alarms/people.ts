import type { Tx } from '@ganzhi/schemas/db';

/** Somebody who may handle alarms at a place, by one of his roles. */
export interface Handler {
  readonly id: number;
  readonly login: string;
  readonly role: string;
}

/**
 * Who may handle alarms of an institution (or, of a cause above institutions, of a division): by division or line or one above, by name,
 * or city-wide.
 */
export async function handlersAt(
  tx: Tx,
  { institutionId, divisionCode }: { institutionId: number | null; divisionCode: string },
  now: number,
): Promise<Handler[]> {
  const { rows } = await tx.query<Handler>(
    `with recursive d(code) as (
       select $2::text union select x.parent_code from registry.division x join d on x.code = d.code
     ), l(code) as (
       select line_code from registry.institution where id = $1
       union select x.parent_code from registry.line x join l on x.code = l.code
     )
     select distinct u.id, u.login, a.role_code as role from platform.assignment a
     join platform.app_user u on u.id = a.user_id and u.enabled and u.kind = 'person'
     cross join lateral platform.rights_of(a.user_id, $3) r
     where r.assignment_id = a.id and r.permission = 'alarms.handle'
       and (a.whole_city or a.division_code in (select code from d) or a.line_code in (select code from l)
         or $1 = any (a.institution_ids))
     order by u.id`,
    [institutionId, divisionCode, new Date(now)],
  );
  return rows;
}
