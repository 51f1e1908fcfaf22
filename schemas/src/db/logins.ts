import { connectAdministrator } from './open.ts';
import type { Queryable } from './queryable.ts';
import { READER_LOGIN } from './roles.ts';

/** Settings that hold a log-in's password, and the log-in. The embedded database has passwords of its own. */
export const LOGIN_PASSWORDS = {
  GANZHI_INGEST_PASSWORD: 'ganzhi_ingest',
  GANZHI_ANALYTICS_PASSWORD: 'ganzhi_analytics',
  GANZHI_API_PASSWORD: 'ganzhi_api',
  GANZHI_GRAFANA_PASSWORD: READER_LOGIN,
} as const;
export type LoginPasswordSetting = keyof typeof LOGIN_PASSWORDS;
export const LOGIN_PASSWORD_SETTINGS = Object.keys(LOGIN_PASSWORDS) as LoginPasswordSetting[];

/**
 * Lets the log-ins whose password is given connect with it; the others are left alone. Grafana's log-in, when it has no
 * scope yet, gets the whole city; a scope that an administrator has narrowed stays as it is.
 *
 * @param url administrator's address of a migrated database
 * @param passwords by setting name; other names are ignored, so a whole configuration may be given
 * @returns the log-ins that were set
 * @throws GanzhiError `database-unreachable` or `database-too-old`
 */
export async function setLoginPasswords(
  url: string,
  passwords: { readonly [K in LoginPasswordSetting]?: string | undefined },
): Promise<string[]> {
  const given = LOGIN_PASSWORD_SETTINGS.flatMap((setting) => {
    const password = passwords[setting];
    return password ? [{ login: LOGIN_PASSWORDS[setting], password }] : [];
  });
  if (given.length === 0) return [];
  const client = await connectAdministrator(url);
  try {
    for (const { login, password } of given) {
      await client.query(`alter role ${login} login password ${client.escapeLiteral(password)}`);
    }
    if (given.some(({ login }) => login === READER_LOGIN)) await insertWholeCity(client);
    return given.map(({ login }) => login);
  } finally {
    await client.end();
  }
}

/**
 * Gives Grafana's log-in the whole city when it has no scope yet: the installation of one machine has one operator.
 *
 * @throws GanzhiError `database-unreachable` or `database-too-old`
 */
export async function grantWholeCity(url: string): Promise<void> {
  const client = await connectAdministrator(url);
  try {
    await insertWholeCity(client);
  } finally {
    await client.end();
  }
}

async function insertWholeCity(client: Queryable): Promise<void> {
  await client.query('set role ganzhi_owner');
  await client.query(
    'insert into platform.reader_scope (login, division_code) values ($1, null) on conflict do nothing',
    [READER_LOGIN],
  );
}
