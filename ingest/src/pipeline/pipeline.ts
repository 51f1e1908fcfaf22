import { setImmediate as nextTurn } from 'node:timers/promises';
import { type BatchAck, MAX_MESSAGE_BYTES } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import type { GatewayEntry } from '../registry/load.ts';
import { ackOf } from './ack.ts';
import { Batcher } from './batcher.ts';
import type { Decoder } from './decode.ts';
import { Gate, type Lane, laneOf } from './gate.ts';
import { LatestValues } from './latest.ts';
import type { Message, Outcome, Source } from './message.ts';
import { Persister } from './persist.ts';
import { type PrepareContext, prepare } from './prepare.ts';
import { ReplayPace } from './replay-pace.ts';
import { ReplayProgress } from './replay-progress.ts';
import { UnderWay } from './under-way.ts';

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
  /** The door it came through, for the metrics. */
  source: Source;
  /** How the payload reads; the native protocol unless said. What it throws reaches the sender, nothing is stored then. */
  decoder?: Decoder;
  /** Aborted when the sender has left. */
  sender: AbortSignal;
  /** Who knows it already says so: otherwise the head of the payload is looked at. */
  lane?: Lane;
}

export interface ReplayState {
  /** Gateways that replay. */
  gateways: number;
  /** Readings per second that all of them together may replay. */
  grantedPerS: number;
  /** Readings per second that they do. */
  ratePerS: number;
}

const QUEUE_BYTES = 64 * MAX_MESSAGE_BYTES;
const GIVE_UP_MS = 3_000;
/**
 * Transactions under way at once: while one waits for the disk the other computes. A gateway always goes by the same lane,
 * so its messages are written in the order they came, and no two transactions touch the same meter.
 */
const LANES = 2;

/** decode → resolve → validate → batch → write → ack, for any door. */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #gate = new Gate(QUEUE_BYTES);
  readonly #lanes: readonly Batcher[];
  readonly #latest: LatestValues;
  readonly #giveUp = new AbortController();
  readonly #pace = new ReplayPace(performance.now());
  readonly #progress: ReplayProgress;
  /** By gateway and digest: a second delivery of a message waits for the first one's commit. */
  readonly #underWay = new Map<string, UnderWay>();
  #preparing = 0;
  #closed = false;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#latest = new LatestValues(options.db, options.log);
    const persister = new Persister({ ...options, latest: this.#latest, signal: this.#giveUp.signal });
    this.#lanes = Array.from(
      { length: LANES },
      () => new Batcher({ ...options, pace: this.#pace, persist: (messages) => persister.persist(messages) }),
    );
    this.#progress = new ReplayProgress(options.db, options.log);
  }

  get queuedReadings(): number {
    return this.#lanes.reduce((total, lane) => total + lane.queuedRows, 0);
  }

  /** Who is told of rows that are committed elsewhere in this process. */
  get latest(): LatestValues {
    return this.#latest;
  }

  /** What backlogs do here at present, all together. */
  get replay(): ReplayState {
    return { gateways: this.#pace.gateways, grantedPerS: this.#pace.perSecond, ratePerS: this.#progress.ratePerS };
  }

  start(): void {
    this.#latest.start();
    this.#progress.start();
  }

  /**
   * Takes one message to the database.
   *
   * @returns the acknowledgement, after commit; undefined when the message has no batch id
   * @throws when the sender left, or ingest stops before the message is stored: it must not be acknowledged
   */
  async accept({
    gateway,
    payload,
    sender,
    source,
    decoder,
    lane = laneOf(payload),
  }: Delivery): Promise<BatchAck | undefined> {
    const arrivedAt = performance.now();
    await this.#gate.enter({ bytes: payload.length, gatewayId: gateway.id, sender, lane });
    this.#preparing += 1;
    let message: Message;
    let underWay: UnderWay;
    try {
      if (this.#closed) throw new Error('ingest is stopping');
      const { registry, clock, refuseSimulated } = this.#options;
      message = await prepare(gateway, payload, {
        registry,
        now: clock.now(),
        source,
        refuseSimulated,
        ...(decoder ? { decoder } : {}),
      });
      underWay = this.#start(message, arrivedAt);
    } catch (error) {
      this.#gate.leave(gateway.id, payload.length);
      throw error;
    } finally {
      this.#preparing -= 1;
    }
    const outcome = await underWay.wait(sender);
    if (!message.head) return undefined;
    const grant = message.head.replay ? this.#pace.grantFor(gateway.id, performance.now()) : undefined;
    if (grant) this.#progress.granted(gateway.id, grant.replayPerS);
    return ackOf(message.head.batch, outcome, this.#options.clock.now(), grant);
  }

  /** Refuses what comes, stores what is there, gives up after some seconds when the database is away. */
  async close(): Promise<void> {
    this.#closed = true;
    const timer = setTimeout(() => this.#giveUp.abort(new Error('ingest stopped')), GIVE_UP_MS);
    for (const lane of this.#lanes) lane.hurry();
    while (this.#preparing > 0 || this.#underWay.size > 0) {
      await Promise.all(this.#lanes.map((lane) => lane.settled()));
      await nextTurn();
    }
    clearTimeout(timer);
    await this.#latest.stop();
    await this.#progress.stop();
  }

  /** From here on the message holds its place at the gate, whoever waits for it. */
  #start(message: Message, arrivedAt: number): UnderWay {
    const name = message.digest.toString('base64') + message.gateway.id;
    const known = this.#underWay.get(name);
    if (known) {
      this.#gate.leave(message.gateway.id, message.payload.length);
      return known;
    }
    const underWay = new UnderWay();
    this.#underWay.set(name, underWay);
    void this.#laneOf(message.gateway)
      .push(message)
      .then(
        (outcome) => {
          this.#count(message, outcome);
          if (message.head?.replay) this.#progress.committed(message.gateway.id, message.head.readings);
          else this.#pace.liveCommitted(performance.now() - arrivedAt);
          underWay.settle(outcome);
        },
        (error) => underWay.fail(error),
      )
      .finally(() => {
        this.#underWay.delete(name);
        this.#gate.leave(message.gateway.id, message.payload.length);
      });
    return underWay;
  }

  #laneOf(gateway: GatewayEntry): Batcher {
    const lane = this.#lanes[gateway.id % LANES];
    if (!lane) throw new Error('a gateway without lane');
    return lane;
  }

  #count(message: Message, outcome: Outcome): void {
    const { metrics, clock } = this.#options;
    metrics.messages.inc({ source: message.source, result: outcome.result });
    for (const { code } of outcome.quarantined) metrics.quarantined.inc({ reason: code });
    const newest = message.rows.reduce((latest, { ts }) => Math.max(latest, ts), Number.NEGATIVE_INFINITY);
    if (!message.head?.replay && Number.isFinite(newest)) metrics.delaySeconds.observe((clock.now() - newest) / 1000);
  }
}
