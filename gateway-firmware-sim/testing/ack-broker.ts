import net, { type AddressInfo } from 'node:net';
import { type BatchAck, downTopic, parseTopic, TelemetryBatch } from '@ganzhi/schemas';
import { Aedes } from 'aedes';

/** A message as the broker saw it. */
export interface Seen {
  topic: string;
  payload: string;
  retain: boolean;
}

export interface AckBrokerOptions {
  /** The one that is let in; any when absent. */
  password?: string;
  /** Who is let in, by another rule. */
  admits?: (password: string) => boolean;
}

export interface AckBroker {
  readonly url: string;
  readonly seen: Seen[];
  /** Batches in the order they came, repeats included. */
  readonly batches: TelemetryBatch[];
  /** What is said for a batch; undefined keeps silent. Default: stored. */
  decide: (batch: TelemetryBatch) => 'stored' | 'rejected' | undefined;
  /** Added to every acknowledgement: a grant, the server's time. */
  also: () => Pick<BatchAck, 'grant' | 'serverAt'>;
  /** Publishes below `down/` of a gateway. */
  send(topic: string, body: unknown): void;
  /** Resolves when `test` holds; looked at after every message. */
  until(test: () => boolean): Promise<void>;
  /** Cuts all connections and refuses new ones, until `open`. */
  shut(): Promise<void>;
  open(): Promise<void>;
  stop(): Promise<void>;
}

/** A real MQTT broker whose one consumer acknowledges batches at once: the smallest server a gateway can talk to. */
export async function startAckBroker(options: AckBrokerOptions = {}): Promise<AckBroker> {
  const { password, admits = (given) => password === undefined || given === password } = options;
  const broker = await Aedes.createBroker();
  const seen: Seen[] = [];
  const batches: TelemetryBatch[] = [];
  const waiting = new Set<() => void>();
  const sockets = new Set<net.Socket>();
  let server: net.Server;
  let port = 0;

  broker.authenticate = (_client, _username, given, done) => done(null, admits(given?.toString() ?? ''));
  broker.on('publish', ({ topic, payload, retain }, client) => {
    const parsed = parseTopic(topic);
    if (!client || parsed?.direction !== 'up') return;
    seen.push({ topic, payload: payload.toString(), retain });
    if (parsed.kind === 'telemetry') {
      const batch = TelemetryBatch.parse(JSON.parse(payload.toString()));
      // An empty batch asks for the time.
      if (batch.readings.length + batch.errors.length > 0) batches.push(batch);
      const status = self.decide(batch);
      const body = JSON.stringify({ batch: batch.batch, status, rejected: [], ...self.also() });
      const packet = {
        cmd: 'publish',
        qos: 1,
        dup: false,
        retain: false,
        topic: downTopic(parsed.gateway, 'ack'),
        payload: body,
      } as const;
      if (status) broker.publish(packet, () => undefined);
    }
    for (const look of [...waiting]) look();
  });

  const self: AckBroker = {
    get url() {
      return `mqtt://127.0.0.1:${port}`;
    },
    seen,
    batches,
    decide: () => 'stored',
    send(topic, body) {
      broker.publish(
        { cmd: 'publish', qos: 1, dup: false, retain: false, topic, payload: JSON.stringify(body) },
        () => undefined,
      );
    },
    also: () => ({}),
    until: (test) =>
      new Promise((resolve) => {
        const look = () => {
          if (!test()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    async shut() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async open() {
      server = net.createServer((socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        broker.handle(socket);
      });
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      port = (server.address() as AddressInfo).port;
    },
    async stop() {
      await self.shut();
      await new Promise<void>((resolve) => broker.close(() => resolve()));
    },
  };
  await self.open();
  return self;
}
