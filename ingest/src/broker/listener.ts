import { createServer, type Server, type Socket } from 'node:net';
import { MINUTE } from '@ganzhi/schemas';
import type { FrameFault } from './frame-limit.ts';
import { Link } from './link.ts';

const MAX_CONNECTIONS = 20_000;

/**
 * The TCP side of the broker.
 *
 * @param handle gives the connection to the broker
 * @param onFault told why a connection was cut
 */
export function createListener(
  handle: (socket: Socket, link: Link) => void,
  onFault: (fault: FrameFault) => void,
): Server {
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: MINUTE }, (socket) =>
    handle(socket, new Link(socket, onFault)),
  );
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}
