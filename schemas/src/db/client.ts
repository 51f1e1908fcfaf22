import pg from 'pg';

/**
 * A connection, not yet open, whose end is no surprise: a server that dies says so to a connection that waits for nothing, too,
 * and without a listener that would end the whole process. The next query fails and tells.
 */
export function clientOf(config: pg.ClientConfig): pg.Client {
  const client = new pg.Client(config);
  client.on('error', () => undefined);
  return client;
}
