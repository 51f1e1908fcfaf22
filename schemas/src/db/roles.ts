import type { Queryable } from './queryable.ts';

/**
 * The roles of the database (design §4). Cluster-wide, so they are made before the migrations and outside test templates.
 *
 * owner creates and migrates; ingest, analytics and api each run one service; dash owns the reader views and never logs
 * in; reader is the group of outside log-ins; scope owns the functions that tell who may see what, and never logs in.
 * Passwords are the operator's (or the embedded launcher's), never set here.
 */
export const SERVICE_ROLES = ['ganzhi_owner', 'ganzhi_ingest', 'ganzhi_analytics', 'ganzhi_api'] as const;
export type ServiceRole = (typeof SERVICE_ROLES)[number];
export const GROUP_ROLES = ['ganzhi_dash', 'ganzhi_reader', 'ganzhi_scope'] as const;
export const READER_LOGIN = 'ganzhi_grafana';

/**
 * Creates missing roles and lets the connected user act as each of them (`set role`). Needs CREATEROLE or superuser
 * the first time; does nothing when all is there.
 */
export async function ensureRoles(client: Queryable): Promise<void> {
  const wanted = [...SERVICE_ROLES, ...GROUP_ROLES, READER_LOGIN];
  const { rows } = await client.query<{ rolname: string }>('select rolname from pg_roles where rolname = any($1)', [
    wanted,
  ]);
  const present = new Set(rows.map((row) => row.rolname));
  for (const role of wanted.filter((name) => !present.has(name))) {
    await client.query(`create role ${role} nosuperuser nocreatedb nocreaterole noinherit nologin`).catch(ignoreRace);
  }
  await client.query(`
    do $$
    declare r text;
    begin
      foreach r in array array['ganzhi_owner', 'ganzhi_ingest', 'ganzhi_analytics', 'ganzhi_api'] loop
        if session_user <> r and not pg_has_role(session_user, r, 'member') then
          execute format('grant %I to %I', r, session_user);
        end if;
      end loop;
      foreach r in array array['ganzhi_dash', 'ganzhi_scope'] loop
        if not pg_has_role('ganzhi_owner', r, 'member') then execute format('grant %I to ganzhi_owner', r); end if;
      end loop;
      if not pg_has_role('${READER_LOGIN}', 'ganzhi_reader', 'member') then
        -- first inherit, then grant: since PostgreSQL 16 the grant remembers which it was
        alter role ${READER_LOGIN} inherit;
        grant ganzhi_reader to ${READER_LOGIN};
        alter role ${READER_LOGIN} set default_transaction_read_only = on;
        alter role ${READER_LOGIN} set statement_timeout = '15s';
      end if;
    end $$`);
  await client.query(`
    do $$ begin
      if not has_database_privilege('ganzhi_owner', current_database(), 'create') then
        execute format('grant create on database %I to ganzhi_owner', current_database());
      end if;
    end $$`);
}

/** Two processes may start at once: the one that comes second finds the role made. */
function ignoreRace(error: unknown): void {
  const code = (error as { code?: string }).code;
  if (code !== '42710' && code !== '23505') throw error;
}
