import type { AddressInfo, Server } from 'node:net';
import { GanzhiError } from '../errors.ts';

export interface ListenOptions {
  host: string;
  port: number;
  backlog?: number;
  /** Setting that names the port, for the remedy. */
  setting?: string;
}

/**
 * Listens, and says in words why it cannot.
 *
 * @returns the port in use (0 asks for a free one)
 * @throws GanzhiError `port-taken` or `no-permission` with the remedy
 */
export async function listen(server: Server, options: ListenOptions): Promise<number> {
  const { host, port, backlog } = options;
  const where = `${host}:${port}`;
  await new Promise<void>((done, fail) => {
    const refuse = (cause: NodeJS.ErrnoException): void => fail(inWords(cause, where, options.setting));
    server.once('error', refuse);
    server.listen({ host, port, backlog }, () => {
      server.off('error', refuse);
      done();
    });
  });
  return (server.address() as AddressInfo).port;
}

function inWords(cause: NodeJS.ErrnoException, where: string, setting?: string): Error {
  const remedy = setting ? `set ${setting}` : 'choose another port';
  if (cause.code === 'EADDRINUSE') {
    return new GanzhiError('port-taken', `${where} is taken. Stop the other program or ${remedy}.`, {
      cause,
    });
  }
  if (cause.code === 'EACCES') {
    return new GanzhiError(
      'no-permission',
      `Not permitted to listen on ${where}. Ports below 1024 are reserved: ${remedy}.`,
      {
        cause,
      },
    );
  }
  return cause;
}
