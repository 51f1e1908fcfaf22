import { connectAdministrator } from './open.ts';
import { READER_LOGIN } from './roles.ts';

/**
 * Lets Grafana's log-in `ganzhi_grafana` connect with this password. A log-in that has no scope yet may see the whole
 * city; a scope that an administrator has narrowed stays as it is.
 *
 * @param url administrator's address of a migrated database
 * @throws GanzhiError `database-unreachable` or `database-too-old`
 */
export async function setReaderPassword(url: string, password: string): Promise<void> {
  const client = await connectAdministrator(url);
  try {
    await client.query(`alter role ${READER_LOGIN} login password ${client.escapeLiteral(password)}`);
    await client.query('set role ganzhi_owner');
    await client.query(
      'insert into platform.reader_scope (login, division_code) values ($1, null) on conflict do nothing',
      [READER_LOGIN],
    );
  } finally {
    await client.end();
  }
}
