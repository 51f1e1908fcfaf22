import { once } from 'node:events';
import net from 'node:net';

/** What the meters on a line do with bytes that reach them. */
export type Slaves = (chunk: Buffer, reply: (bytes: Uint8Array) => void) => void;

export interface BusServer {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * A serial server (串口服务器) on the loopback with simulated meters on its line.
 *
 * @param connect the line as a new connection finds it: nothing left over from the one before
 */
export async function startBusServer(connect: () => Slaves): Promise<BusServer> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined); // 'close' follows and is what counts
    socket.once('close', () => sockets.delete(socket));
    const slaves = connect();
    socket.on('data', (chunk) => slaves(chunk, (bytes) => void socket.write(bytes)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
