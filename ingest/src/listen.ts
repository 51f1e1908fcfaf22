import type { AddressInfo, Server } from 'node:net';
import { GanzhiError } from '@ganzhi/schemas';

export interface ListenOptions {
  host: string;
  port: number;
  backlog?: number;
}

/**
 * Listens, and says in words why it cannot.
 *
 * @returns the port in use (0 asks for a free one)
 * @throws GanzhiError `port-taken` or `no-permission` with the remedy
 */
export async function listen(server: Server, options: ListenOptions): Promise<number> {
  const where = `${options.host}:${options.port}`;
  await new Promise<void>((done, fail) => {
    const refuse = (cause: NodeJS.ErrnoException): void => fail(inWords(cause, where));
    server.once('error', refuse);
    server.listen(options, () => {
      server.off('error', refuse);
      done();
    });
  });
  return (server.address() as AddressInfo).port;
}

function inWords(cause: NodeJS.ErrnoException, where: string): Error {
  if (cause.code === 'EADDRINUSE') {
    return new GanzhiError('port-taken', `${where} is taken. Stop the other program or choose another port.`, {
      cause,
    });
  }
  if (cause.code === 'EACCES') {
    return new GanzhiError('no-permission', `Not permitted to listen on ${where}. Choose a port above 1023.`, {
      cause,
    });
  }
  return cause;
}
