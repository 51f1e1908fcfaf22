import { once } from 'node:events';
import net from 'node:net';

/** What a simulated bus does with bytes that reach it. */
export type OnBytes = (chunk: Buffer, reply: (bytes: Uint8Array) => void) => void;

export interface LineServer {
  readonly port: number;
  /** Says something that nobody asked for. */
  say(bytes: Uint8Array): void;
  /** Drops the connections; new ones are taken. */
  hangUp(): void;
  stop(): Promise<void>;
}

/** A serial server on the loopback, with whatever slaves the test puts behind it. */
export async function startLineServer(onBytes: OnBytes): Promise<LineServer> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => onBytes(chunk, (bytes) => void socket.write(bytes)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const hangUp = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as net.AddressInfo).port,
    say: (bytes) => {
      for (const socket of sockets) socket.write(bytes);
    },
    hangUp,
    async stop() {
      hangUp();
      server.close();
      await once(server, 'close');
    },
  };
}
