import { createServer, type Server, type Socket } from 'node:net';
import { MINUTE } from '@ganzhi/schemas';
import { type FrameFault, FrameLimit } from './frame-limit.ts';

const MAX_CONNECTIONS = 20_000;

/**
 * The TCP side of the broker: every connection is watched for its frames' size before the broker sees a byte.
 *
 * @param handle gives the connection to the broker
 * @param onFault told why a connection was cut
 */
export function createListener(handle: (socket: Socket) => void, onFault: (fault: FrameFault) => void): Server {
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: MINUTE }, (socket) => {
    watch(socket, onFault);
    handle(socket);
  });
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

/**
 * The broker takes its bytes by `read()` only. A Transform in between would copy every message once more and hide the
 * socket's own back-pressure.
 */
function watch(socket: Socket, onFault: (fault: FrameFault) => void): void {
  const limit = new FrameLimit();
  const read = socket.read.bind(socket);
  socket.read = (size?: number) => {
    const chunk: Buffer | null = read(size);
    const fault = chunk === null ? undefined : limit.accept(chunk);
    if (fault === undefined) return chunk;
    onFault(fault);
    socket.destroy();
    return null;
  };
}
