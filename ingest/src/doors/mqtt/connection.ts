import { MAX_MESSAGE_BYTES, SECOND } from '@ganzhi/schemas';
import mqtt, { type IPublishPacket, type MqttClient } from 'mqtt';
import type { Logger } from 'pino';

export interface ConnectionOptions {
  url: string;
  username?: string;
  password?: string;
  clientId: string;
  filters: readonly string[];
  /** Handles one message; the broker is told when it resolves. When it rejects, it is not told and the connection ends. */
  take: (packet: IPublishPacket, from: Connection) => Promise<void>;
  log: Logger;
}

const KEEPALIVE_S = 30;
const CONNECT_MS = 10 * SECOND;
/** One in hand and one at hand: more would only wait here while another connection is free. */
const RECEIVE_AHEAD = 2;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10 * SECOND;
const FAREWELL_MS = 2 * SECOND;

/**
 * One connection to an outside broker (MQTT 5, clean session), made again whenever it breaks. Each time with a new client: an
 * acknowledgement that comes late must not meet the packet ids of the next connection.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  #client: MqttClient | undefined;
  #ended = new AbortController();
  #subscribed = false;
  #deaf = false;
  #stopped = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get subscribed(): boolean {
    return this.#subscribed;
  }

  /** Aborted when the present connection breaks: whoever waits for a commit on its behalf need not. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  start(): void {
    this.#connect();
  }

  /** Takes no more messages: those that come stay unacknowledged. */
  deafen(): void {
    this.#deaf = true;
  }

  /** At most once: an answer that is lost is asked for again. */
  publish(topic: string, payload: string): void {
    this.#client?.publish(topic, payload, { qos: 0 }, () => undefined);
  }

  /** Says good-bye, so that what was acknowledged is flushed; cuts the connection when the broker does not answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#deaf = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    if (!client) return;
    const hammer = setTimeout(() => client.end(true), FAREWELL_MS);
    await client.endAsync().catch(() => undefined);
    clearTimeout(hammer);
  }

  #connect(): void {
    const { url, username, password, clientId, filters, log } = this.#options;
    const ended = new AbortController();
    const client = mqtt.connect(url, {
      protocolVersion: 5,
      clientId,
      clean: true,
      keepalive: KEEPALIVE_S,
      connectTimeout: CONNECT_MS,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      properties: { receiveMaximum: RECEIVE_AHEAD, maximumPacketSize: MAX_MESSAGE_BYTES + 1_024 },
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    });
    this.#client = client;
    this.#ended = ended;
    // the library sends the acknowledgement when `done` is called, and gives the next message only then
    client.handleMessage = (packet, done) => {
      if (this.#deaf) return;
      this.#options.take(packet, this).then(
        () => {
          if (!ended.signal.aborted) done();
        },
        (error: Error) => {
          log.debug({ err: error }, 'message not acknowledged to the broker');
          client.stream.destroy();
        },
      );
    };
    client.on('connect', () => {
      client.subscribe([...filters], { qos: 1 }, (error) => {
        if (error) {
          log.warn({ err: error }, 'the broker refuses the subscription; check the rights of the ingest user');
          client.stream.destroy();
          return;
        }
        this.#subscribed = true;
        this.#failures = 0;
      });
    });
    client.on('error', (error) => {
      // once per outage and connection; the pause grows
      if (this.#failures === 0) log.warn({ reason: error.message }, 'broker not reached, tried again until it is');
    });
    client.on('close', () => this.#lost(client, ended));
  }

  #lost(client: MqttClient, ended: AbortController): void {
    ended.abort(new Error('connection to the broker lost'));
    if (client !== this.#client) return;
    this.#client = undefined;
    this.#subscribed = false;
    client.end(true);
    if (this.#stopped) return;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
    // jittered: the connections of all processes would come back in the same moment
    this.#timer = setTimeout(() => this.#connect(), pause * (0.5 + Math.random() / 2));
  }
}
