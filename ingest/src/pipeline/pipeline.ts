import { type BatchAck, MAX_MESSAGE_BYTES } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import type { GatewayEntry } from '../registry/load.ts';
import { ackOf } from './ack.ts';
import { Batcher } from './batcher.ts';
import { Gate } from './gate.ts';
import type { Message, Outcome } from './message.ts';
import { Persister } from './persist.ts';
import { type PrepareContext, prepare } from './prepare.ts';

export interface PipelineOptions {
  db: Db;
  log: Logger;
  metrics: Metrics;
  clock: Clock;
  registry: PrepareContext['registry'];
  refuseSimulated: PrepareContext['refuseSimulated'];
  batchMs: number;
  batchRows: number;
}

/** A message and the sender who waits for its answer. */
export interface Delivery {
  gateway: GatewayEntry;
  payload: Buffer;
  /** True when the sender has left. */
  isGone: () => boolean;
}

const QUEUE_BYTES = 64 * MAX_MESSAGE_BYTES;
const GIVE_UP_MS = 3_000;

/** decode → resolve → validate → batch → write → ack, for any door. */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #gate = new Gate(QUEUE_BYTES);
  readonly #batcher: Batcher;
  readonly #giveUp = new AbortController();
  /** Messages on their way by gateway and digest: a second delivery meanwhile waits for the first one's commit. */
  readonly #underWay = new Map<string, Promise<Outcome>>();
  /** Messages admitted and not yet answered; `close` waits for them. */
  readonly #active = new Set<Promise<unknown>>();
  #closed = false;

  constructor(options: PipelineOptions) {
    this.#options = options;
    const persister = new Persister({ ...options, signal: this.#giveUp.signal });
    this.#batcher = new Batcher({ ...options, persist: (messages) => persister.persist(messages) });
  }

  get queuedReadings(): number {
    return this.#batcher.queuedRows;
  }

  /**
   * Takes one message to the database.
   *
   * @returns the acknowledgement, after commit; undefined when the message has no batch id or its sender left
   * @throws when ingest stops before the message is stored: it must not be acknowledged
   */
  async accept({ gateway, payload, isGone }: Delivery): Promise<BatchAck | undefined> {
    const admitted = await this.#gate.enter(payload.length, isGone);
    if (!admitted) return undefined;
    try {
      if (this.#closed) throw new Error('ingest is stopping');
      const work = this.#take(gateway, payload);
      this.#active.add(work);
      return await work.finally(() => this.#active.delete(work));
    } finally {
      this.#gate.leave(payload.length);
    }
  }

  /** Refuses what comes, stores what is there, gives up after some seconds when the database is away. */
  async close(): Promise<void> {
    this.#closed = true;
    const timer = setTimeout(() => this.#giveUp.abort(new Error('ingest stopped')), GIVE_UP_MS);
    this.#batcher.hurry();
    await Promise.allSettled(this.#active);
    clearTimeout(timer);
  }

  async #take(gateway: GatewayEntry, payload: Buffer): Promise<BatchAck | undefined> {
    const { registry, clock, refuseSimulated } = this.#options;
    const message = await prepare(gateway, payload, { registry, now: clock.now(), refuseSimulated });
    const outcome = await this.#once(message);
    return message.head ? ackOf(message.head.batch, outcome) : undefined;
  }

  #once(message: Message): Promise<Outcome> {
    const name = message.digest.toString('base64') + message.gateway.id;
    const known = this.#underWay.get(name);
    if (known) return known;
    const written = this.#batcher
      .push(message)
      .then((outcome) => this.#count(message, outcome))
      .finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, written);
    return written;
  }

  #count(message: Message, outcome: Outcome): Outcome {
    const { metrics, clock } = this.#options;
    metrics.messages.inc({ source: 'mqtt', result: outcome.result });
    for (const { code } of outcome.quarantined) metrics.quarantined.inc({ reason: code });
    const newest = message.rows.reduce((latest, { ts }) => Math.max(latest, ts), Number.NEGATIVE_INFINITY);
    if (!message.head?.replay && Number.isFinite(newest)) metrics.delaySeconds.observe((clock.now() - newest) / 1000);
    return outcome;
  }
}
