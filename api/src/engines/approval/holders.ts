import type { Tx } from '@ganzhi/schemas/db';

/**
 * Users who hold a role over an institution at a moment: by its division or line or one above, by name, or city-wide.
 *
 * @returns user ids, lowest first; a role given with a narrower scope or for a span of data does not count
 */
export async function holdersOf(tx: Tx, role: string, institutionId: number, now: number): Promise<number[]> {
  const { rows } = await tx.query<{ user_id: number }>(
    `with recursive i as (
       select id, division_code, line_code from registry.institution where id = $2
     ), d(code) as (
       select division_code from i union select x.parent_code from registry.division x join d on x.code = d.code
     ), l(code) as (
       select line_code from i union select x.parent_code from registry.line x join l on x.code = l.code
     )
     select distinct a.user_id from platform.assignment a
     join platform.app_user u on u.id = a.user_id and u.enabled
     where a.role_code = $1 and a.data_from is null and a.data_to is null and a.revoked_at is null and a.valid_from <= $3 and (a.valid_to is null or a.valid_to > $3)
       and (a.delegated_from is null or exists (
         select from platform.assignment s where s.id = a.delegated_from and s.revoked_at is null
           and s.valid_from <= $3 and (s.valid_to is null or s.valid_to > $3)))
       and (a.whole_city or a.division_code in (select code from d) or a.line_code in (select code from l)
         or $2 = any (a.institution_ids))
     order by a.user_id`,
    [role, institutionId, new Date(now)],
  );
  return rows.map((row) => row.user_id);
}
