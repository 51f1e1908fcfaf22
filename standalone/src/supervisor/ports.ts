import { createServer } from 'node:net';
import { GanzhiError } from '@ganzhi/schemas';
import { freePort } from '@ganzhi/schemas/db';

/**
 * Proves that a port can be listened on, before anything is started; 0 becomes a free port.
 *
 * @param setting name of the variable to change when it is taken
 * @throws GanzhiError `port-taken` or `no-permission`
 */
export async function claimPort(host: string, port: number, setting: string): Promise<number> {
  if (port === 0) return freePort();
  await new Promise<void>((done, fail) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => fail(explain(error, host, port, setting)));
    server.listen(port, host, () => server.close(() => done()));
  });
  return port;
}

function explain(error: NodeJS.ErrnoException, host: string, port: number, setting: string): GanzhiError {
  switch (error.code) {
    case 'EADDRINUSE':
      return new GanzhiError(
        'port-taken',
        `Port ${port} on ${host} is taken by another program. Stop that program, or choose another port: ${setting}=${port + 1} npm start`,
      );
    case 'EACCES':
      return new GanzhiError(
        'no-permission',
        `Port ${port} needs more rights than this user has. Set ${setting} above 1023.`,
      );
    default:
      return new GanzhiError(
        'config-invalid',
        `Cannot listen on ${host}:${port} (${error.code}). Mend HOST or ${setting}.`,
      );
  }
}
