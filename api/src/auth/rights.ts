import type { Db } from '@ganzhi/schemas/db';
import { PERMISSIONS, type Permission } from './permissions.ts';

/** What somebody may do, and in which part of the city. */
export interface Rights {
  roles: readonly string[];
  permissions: readonly Permission[];
  /** Those of the permissions that hold for the whole city and for all times. */
  cityWide: readonly Permission[];
  /** Those that some right grants for all times. */
  timeless: readonly Permission[];
  /** Rights that show figures of a span only. */
  windows: readonly DataWindow[];
  /** The part of the city for the permission that was asked for (`platform.scope_of`); null: the whole, or not asked. */
  scope: string | null;
}

/** Epoch milliseconds; null: open. */
export interface DataWindow {
  permission: string;
  from: number | null;
  to: number | null;
}

interface RightsColumns {
  roles: string[];
  permissions: string[];
  city_wide: string[];
  timeless: string[];
  windows: DataWindow[];
  scope: string | null;
  version: bigint;
  changes_at: number | null;
}

/** Rights as they were found out, true as long as nobody changed any (`version`) and no right of anybody began or ended. */
interface Remembered {
  version: bigint;
  from: number;
  until: number;
  rights: Rights;
}

/** Some 10 kB each at most (a division's institutions): 2,000 are a city's users at work. */
const MOST_REMEMBERED = 2_000;
const remembered = new WeakMap<Db, Map<string, Remembered>>();

/**
 * The rights of a user at `now`. Finding them out costs more than most requests; they are remembered in the process and hold
 * while `version` is the same, which the caller reads from the database with every request. So a right that is taken away is
 * gone with the next request, in every process.
 *
 * @param wanted `scopeFor`: a permission to tell the scope of as well; `version`: of `platform.rights_version()` just now
 */
export async function rightsOf(
  db: Db,
  wanted: { userId: number; now: number; scopeFor: Permission | null; version: bigint },
): Promise<Rights> {
  const { userId, now, scopeFor, version } = wanted;
  const known = remembered.get(db) ?? new Map<string, Remembered>();
  remembered.set(db, known);
  const key = `${userId} ${scopeFor}`;
  const found = known.get(key);
  if (found && found.version === version && now >= found.from && now < found.until) return found.rights;
  const row = await readRights(db, userId, now, scopeFor);
  const rights = {
    roles: [...row.roles].sort(),
    permissions: PERMISSIONS.filter((permission) => row.permissions.includes(permission)),
    cityWide: PERMISSIONS.filter((permission) => row.city_wide.includes(permission)),
    timeless: PERMISSIONS.filter((permission) => row.timeless.includes(permission)),
    windows: row.windows,
    scope: row.scope,
  };
  if (known.size >= MOST_REMEMBERED) known.clear();
  // the version of the same snapshot, which may be later than the caller's
  known.set(key, { version: row.version, from: now, until: row.changes_at ?? Number.POSITIVE_INFINITY, rights });
  return rights;
}

const TIMELESS = 'a.data_from is null and a.data_to is null';

async function readRights(db: Db, userId: number, now: number, scopeFor: Permission | null): Promise<RightsColumns> {
  const { rows } = await db.query<RightsColumns>({
    name: 'rights-of',
    text: `select r.roles, r.permissions, r.city_wide, r.timeless, r.windows, platform.rights_version() as version,
        case when $3::text is not null then platform.scope_of(r.claimed) end as scope,
        (select min(t) from platform.assignment a, unnest(array[a.valid_from, a.valid_to]) t where t > $2) as changes_at
      from (
        select coalesce(array_agg(distinct x.role_code), '{}') as roles,
          coalesce(array_agg(distinct x.permission), '{}') as permissions,
          coalesce(array_agg(distinct x.permission) filter (where a.whole_city and ${TIMELESS}), '{}') as city_wide,
          coalesce(array_agg(distinct x.permission) filter (where ${TIMELESS}), '{}') as timeless,
          coalesce(jsonb_agg(jsonb_build_object('permission', x.permission,
            'from', floor(extract(epoch from a.data_from) * 1000), 'to', floor(extract(epoch from a.data_to) * 1000)))
            filter (where not (${TIMELESS})), '[]') as windows,
          coalesce(array_agg(x.assignment_id) filter (where x.permission = $3 and ${TIMELESS}), '{}') as claimed
        from platform.rights_of($1, $2) x join platform.assignment a on a.id = x.assignment_id) r`,
    values: [userId, new Date(now), scopeFor],
  });
  const [row] = rows;
  if (!row) throw new Error('an aggregate gave no row');
  return row;
}
