import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { TextDecoder } from 'node:util';
import { GanzhiError } from '@ganzhi/schemas';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import { type CollectorMessage, carriesData, parseCollector } from '../../dialects/ministry.ts';
import type { GatewayEntry } from '../../registry/load.ts';
import { FrameReader } from './frame-reader.ts';
import { type Framing, framingOf } from './framing.ts';
import type { CollectorProfile } from './profile.ts';
import { ackReply, periodReply, resultReply, sequenceReply, timeReply } from './replies.ts';

/** Durations that a collector may take, milliseconds. */
export interface CollectorLimits {
  /** From the connection to a passed log-in. */
  loginMs: number;
  /** From the first byte of a frame to its last. */
  frameMs: number;
  /** Without a whole message; the guideline has a heartbeat a minute and calls five minutes offline. */
  idleMs: number;
  /** A wrong key is told so late, which makes guessing slow. */
  failPauseMs: number;
}

export interface SessionContext {
  profile: CollectorProfile;
  limits: CollectorLimits;
  clock: Clock;
  log: Logger;
  /** The enabled gateway of this collector, or undefined. */
  gateway: (code: string) => Promise<GatewayEntry | undefined>;
  /** Takes the XML of a message with data to the database; resolves after the commit, rejects when it is not stored. */
  store: (gateway: GatewayEntry, xml: Buffer, kind: CollectorMessage['kind'], sender: AbortSignal) => Promise<void>;
  onLogin: (session: Session, passed: boolean) => void;
  onHeartbeat: (gateway: GatewayEntry) => void;
  onMessage: (result: 'ignored' | 'invalid') => void;
}

/** Before the log-in nothing longer than a request is worth memory. */
const STRANGER_FRAME_BYTES = 4_096;
const FRAME_BYTES = 1_048_576;
/** Messages of one collector that may wait for their commit; beyond that its bytes stay in the socket. */
const AHEAD = 2;
/** Answers that a peer does not read are not collected for it. */
const UNREAD_BYTES = 65_536;

/** One connection of a collector: log-in, heartbeats, data. */
export class Session {
  readonly socket: Socket;
  readonly since = performance.now();
  gateway: GatewayEntry | undefined;
  readonly #context: SessionContext;
  readonly #framing: Framing;
  readonly #reader: FrameReader;
  readonly #decoder: TextDecoder;
  readonly #ended = new AbortController();
  #who: { building: string; collector: string } | undefined;
  #challenge: string | undefined;
  /** Frames are handled one after the other: a log-in looks into the registry before the next one counts. */
  #chain: Promise<void> = Promise.resolve();
  #ahead = 0;
  #failed = false;
  #messageAt = performance.now();
  #frameAt: number | undefined;

  constructor(socket: Socket, context: SessionContext) {
    this.socket = socket;
    this.#context = context;
    this.#framing = framingOf(context.profile);
    this.#reader = new FrameReader(this.#framing);
    this.#decoder = new TextDecoder(context.profile.charset);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => context.log.debug({ err: error }, 'collector connection lost'));
    socket.once('close', () => this.#ended.abort(new Error('connection closed')));
  }

  /** Why this connection has taken too long, or undefined. @param now monotonic milliseconds */
  overdue(now: number): string | undefined {
    const { limits } = this.#context;
    // waiting for the database is not the collector's fault
    if (this.socket.isPaused() && !this.#failed) return undefined;
    if (!this.gateway && now - this.since > limits.loginMs) return 'no log-in in time';
    if (this.#frameAt !== undefined && now - this.#frameAt > limits.frameMs) return 'a frame that does not end';
    return now - this.#messageAt > limits.idleMs ? 'silent' : undefined;
  }

  #take(chunk: Buffer): void {
    let frames: Buffer[];
    try {
      frames = this.#reader.accept(chunk, this.gateway ? FRAME_BYTES : STRANGER_FRAME_BYTES);
    } catch (error) {
      this.#cut(error);
      return;
    }
    if (frames.length > 0) this.#frameAt = undefined;
    if (this.#reader.pending) this.#frameAt ??= performance.now();
    for (const frame of frames) this.#handle(frame);
  }

  #handle(frame: Buffer): void {
    this.#hold(1);
    this.#chain = this.#chain
      .then(() => this.#answer(frame))
      .catch((error: unknown) => this.#cut(error))
      .finally(() => this.#hold(-1));
  }

  #hold(change: 1 | -1): void {
    this.#ahead += change;
    if (this.#ahead > AHEAD || this.#failed) this.socket.pause();
    else if (this.socket.isPaused()) {
      this.#messageAt = performance.now();
      this.#frameAt = this.#reader.pending ? this.#messageAt : undefined;
      this.socket.resume();
    }
  }

  async #answer(frame: Buffer): Promise<void> {
    if (this.#ended.signal.aborted || this.#failed) return;
    const { xml, number } = this.#framing.open(frame);
    const text = this.#decoder.decode(xml);
    const message = parseCollector(text);
    this.#messageAt = performance.now();
    const reply = (kind: string, answer: string): void => this.#write(kind, answer, number);
    if (!this.gateway) return this.#login(message, reply);
    const { building, collector } = this.#who ?? {};
    if (message.building !== building || message.collector !== collector) {
      throw new GanzhiError('frame-content', 'A message of another collector than the one that logged in.');
    }
    if (carriesData(message.kind)) this.#data(this.gateway, Buffer.from(text), message, reply);
    else if (message.kind === 'notify') {
      this.#context.onHeartbeat(this.gateway);
      reply('time', timeReply(message, this.#context.clock.now()));
    } else if (message.kind !== 'period_ack') this.#context.onMessage('ignored');
  }

  /** Not awaited: the next message may come while this one waits for its commit, and a heartbeat is answered meanwhile. */
  #data(gateway: GatewayEntry, xml: Buffer, message: CollectorMessage, reply: Reply): void {
    this.#hold(1);
    this.#context
      .store(gateway, xml, message.kind, this.#ended.signal)
      .then(() => {
        const kind = message.kind === 'continuous' ? 'continuous_ack' : this.#context.profile.reportAck;
        if (message.kind !== 'reply') reply(kind, ackReply(message, kind, message.sequence));
      })
      .catch((error: unknown) => this.#cut(error))
      .finally(() => this.#hold(-1));
  }

  async #login(message: CollectorMessage, reply: Reply): Promise<void> {
    const { profile } = this.#context;
    const { building, collector, kind } = message;
    if (kind === 'request') {
      this.#who = { building, collector };
      if (profile.login === 'request') return this.#finish(true, message, reply);
      this.#challenge = String(randomInt(10_000_000, 100_000_000));
      return reply('sequence', sequenceReply(message, this.#challenge));
    }
    if (kind !== 'md5' || this.#challenge === undefined || this.#who?.building !== building) {
      throw new GanzhiError('not-authenticated', 'Not logged in.');
    }
    const passed = this.#who.collector === collector && this.#proves(message);
    this.#challenge = undefined;
    return this.#finish(passed, message, reply);
  }

  #proves({ building, collector, md5 = '' }: CollectorMessage): boolean {
    const { md5Key, md5Order, collectors } = this.#context.profile;
    const key = collectors[`${building}/${collector}`]?.md5Key ?? md5Key;
    if (key === undefined || this.#challenge === undefined) return false;
    const expected = challengeAnswer(this.#challenge, key, md5Order);
    const presented = Buffer.from(md5.toLowerCase());
    return presented.length === expected.length && timingSafeEqual(presented, Buffer.from(expected));
  }

  async #finish(proved: boolean, message: CollectorMessage, reply: Reply): Promise<void> {
    const { profile, gateway, onLogin } = this.#context;
    const { building, collector } = message;
    const code = profile.collectors[`${building}/${collector}`]?.gateway ?? `${building}-${collector}`;
    const known = proved ? await gateway(code) : undefined;
    if (this.#ended.signal.aborted) return;
    this.gateway = known;
    onLogin(this, known !== undefined);
    if (!known) {
      this.#failed = true;
      setTimeout(() => {
        reply('result', resultReply(message, false));
        this.socket.destroySoon();
      }, this.#context.limits.failPauseMs).unref();
      return;
    }
    reply('result', resultReply(message, true));
    if (profile.periodMinutes !== undefined) reply('period', periodReply(message, profile.periodMinutes));
  }

  #write(kind: string, xml: string, number: number): void {
    if (this.socket.writableLength > UNREAD_BYTES) this.#cut(new Error('answers are not read'));
    else if (this.socket.writable) this.socket.write(this.#framing.close({ xml: Buffer.from(xml), number }, kind));
  }

  #cut(error: unknown): void {
    if (error instanceof GanzhiError) this.#context.onMessage('invalid');
    this.#context.log.debug({ err: error, collector: this.#who }, 'collector connection cut');
    this.socket.destroy();
  }
}

type Reply = (kind: string, xml: string) => void;

/** The answer to a challenge: MD5 of number and key, in the order of the dialect, in lower-case hexadecimal digits. */
export const challengeAnswer = (number: string, key: string, order: CollectorProfile['md5Order']): string =>
  createHash('md5')
    .update(order === 'number-first' ? number + key : key + number)
    .digest('hex');
