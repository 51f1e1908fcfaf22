import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP relay on the loopback whose connections can be cut, as a bad line does it: without a word to either side. */
export interface Cutter {
  readonly port: number;
  /** Where new connections lead. */
  target: number;
  cut(): void;
  stop(): Promise<void>;
}

export async function startCutter(target: number): Promise<Cutter> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    const far = connect(cutter.target, '127.0.0.1');
    keep(near);
    keep(far);
    near.pipe(far);
    far.pipe(near);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const cutter: Cutter = {
    port: (server.address() as AddressInfo).port,
    target,
    cut,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
  return cutter;
}
