import { randomUUID } from 'node:crypto';
import { BatchAck, downTopic, type TelemetryBatch, upTopic } from '@ganzhi/schemas';
import { fixtureToken } from '@ganzhi/schemas/testing';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';

export type Wire = { m: string; p: string; t: number; x: number | string; q?: number };

/** A gateway as small as can be: connects, publishes, collects acknowledgements. No outbox, no resend. */
export class Publisher {
  readonly client: MqttClient;
  readonly code: string;
  readonly acks: BatchAck[] = [];

  private constructor(client: MqttClient, code: string) {
    this.client = client;
    this.code = code;
    // one 'close' listener per message under way
    client.setMaxListeners(0);
    client.on('message', (_topic, payload) => this.acks.push(BatchAck.parse(JSON.parse(payload.toString('utf8')))));
  }

  /** Connects as a fixture gateway and listens for acknowledgements; rejects when the broker refuses. */
  static async connect(port: number, code = 'GW-0001', options: IClientOptions = {}): Promise<Publisher> {
    const client = await mqtt.connectAsync(
      `mqtt://127.0.0.1:${port}`,
      {
        clientId: code,
        username: code,
        password: fixtureToken(code),
        protocolVersion: 4,
        reconnectPeriod: 0,
        ...options,
      },
      false,
    );
    client.on('error', () => undefined);
    const publisher = new Publisher(client, code);
    await client.subscribeAsync(downTopic(code, 'ack'), { qos: 1 });
    return publisher;
  }

  /** Sends one batch; resolves at PUBACK, rejects when the connection ends before. */
  async send(batch: TelemetryBatch | Buffer | string): Promise<void> {
    const payload = typeof batch === 'string' || Buffer.isBuffer(batch) ? batch : JSON.stringify(batch);
    await this.publish(upTopic(this.code, 'telemetry'), payload);
  }

  async publish(topic: string, payload: string | Buffer): Promise<void> {
    await new Promise<void>((done, fail) => {
      const onClose = (): void => fail(new Error('connection closed'));
      this.client.once('close', onClose);
      this.client.publish(topic, payload, { qos: 1 }, (error) => {
        this.client.off('close', onClose);
        if (error) fail(new Error('connection closed', { cause: error }));
        else done();
      });
    });
  }

  async close(): Promise<void> {
    await this.client.endAsync(true);
  }
}

/** A batch of the native protocol. */
export const batchOf = (readings: readonly Wire[], more: Partial<TelemetryBatch> = {}): TelemetryBatch => ({
  v: 1,
  batch: randomUUID(),
  seq: 1,
  sentAt: new Date(0).toISOString(),
  replay: false,
  readings: readings.map((reading) => ({ q: 0, ...reading })),
  errors: [],
  ...more,
});
