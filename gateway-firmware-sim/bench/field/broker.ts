import net, { type AddressInfo } from 'node:net';
import { downTopic, parseTopic, type TelemetryBatch } from '@ganzhi/schemas';
import { Aedes } from 'aedes';

export interface CountingBroker {
  url: string;
  /** Told of each batch; every one is acknowledged at once. */
  onBatch: (batch: TelemetryBatch) => void;
  stop(): Promise<void>;
}

/** The least a gateway needs of a server: a broker, and an acknowledgement for each batch. Keeps nothing. */
export async function startCountingBroker(): Promise<CountingBroker> {
  const broker = await Aedes.createBroker();
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    broker.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const self: CountingBroker = {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    onBatch: () => undefined,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => broker.close(() => resolve()));
    },
  };
  broker.on('publish', ({ topic, payload }, client) => {
    const parsed = parseTopic(topic);
    if (!client || parsed?.kind !== 'telemetry') return;
    const batch = JSON.parse(payload.toString()) as TelemetryBatch;
    self.onBatch(batch);
    const ack = { batch: batch.batch, status: 'stored', rejected: [], serverAt: Date.now() };
    broker.publish(
      {
        ...{ cmd: 'publish', qos: 1, dup: false, retain: false },
        topic: downTopic(parsed.gateway, 'ack'),
        payload: JSON.stringify(ack),
      },
      () => undefined,
    );
  });
  return self;
}
