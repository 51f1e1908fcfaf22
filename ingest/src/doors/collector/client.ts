import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { GanzhiError } from '@ganzhi/schemas';
import { XMLParser } from 'fast-xml-parser';
import { FrameReader } from './frame-reader.ts';
import { type Framing, framingOf } from './framing.ts';
import type { CollectorProfile } from './profile.ts';
import { stampOf } from './replies.ts';
import { challengeAnswer } from './session.ts';

export interface CollectorClientOptions {
  profile: CollectorProfile;
  host: string;
  port: number;
  building: string;
  collector: string;
  /** Longest wait for an answer. */
  patienceMs?: number;
}

/** One value of a report, by the numbers that the collector gives to meters and functions. */
export interface CollectorValue {
  meter: string;
  function: string;
  coding?: string;
  error?: string;
  value: string | number;
}

/** What the server said: the operation, and its one value (a number, a result, a time). */
export interface Answer {
  kind: string;
  value: string | undefined;
}

const PATIENCE_MS = 10_000;
const FRAME_BYTES = 65_536;

/** A collector as small as can be, for tests and for trying a door: no meters, no memory, no second attempt. */
export class CollectorClient {
  readonly socket: Socket;
  readonly #options: CollectorClientOptions;
  readonly #framing: Framing;
  readonly #reader: FrameReader;
  readonly #answers: Answer[] = [];
  #number = 0;
  readonly #waiting = new Set<() => void>();

  private constructor(options: CollectorClientOptions, socket: Socket) {
    this.socket = socket;
    this.#options = options;
    this.#framing = framingOf(options.profile);
    this.#reader = new FrameReader(this.#framing);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#wake());
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const frame of this.#reader.accept(chunk, FRAME_BYTES)) {
          this.#answers.push(answerOf(this.#framing.open(frame).xml.toString('utf8')));
        }
      } catch {
        // another framing or key than ours: there is no next frame
        socket.destroy();
      }
      this.#wake();
    });
  }

  /** Connects; logs in only when asked to. Rejects when nobody listens. */
  static async connect(options: CollectorClientOptions): Promise<CollectorClient> {
    const socket = connect(options.port, options.host);
    await once(socket, 'connect');
    return new CollectorClient(options, socket);
  }

  /** @param key secret of the challenge @returns true when the server let us in */
  async login(key = this.#options.profile.md5Key ?? ''): Promise<boolean> {
    this.send('request', '<id_validate operation="request"></id_validate>');
    let answer = await this.answer();
    if (answer.kind === 'sequence') {
      const md5 = challengeAnswer(answer.value ?? '', key, this.#options.profile.md5Order);
      this.send('md5', `<id_validate operation="md5"><md5>${md5}</md5></id_validate>`);
      answer = await this.answer();
    }
    return answer.kind === 'result' && answer.value === 'pass';
  }

  /** @returns the server's time, `yyyyMMddHHmmss` */
  async heartbeat(): Promise<string | undefined> {
    this.send('notify', '<heart_beat operation="notify"></heart_beat>');
    return (await this.answer()).value;
  }

  /**
   * Sends values; `continuous` for a backlog.
   *
   * @param t epoch ms @returns the number that the server acknowledged
   */
  async report(t: number, values: readonly CollectorValue[], kind: 'report' | 'continuous' = 'report') {
    this.#number += 1;
    this.send(kind, dataElement(kind, String(this.#number), t, values));
    return this.answer();
  }

  /** Sends any element below `common`. */
  send(kind: string, element: string): void {
    const { building, collector } = this.#options;
    const xml =
      `<?xml version="1.0" encoding="UTF-8"?><root><common><building_id>${building}</building_id>` +
      `<gateway_id>${collector}</gateway_id><type>${kind}</type></common>${element}</root>`;
    this.sendXml(kind, xml);
  }

  sendXml(kind: string, xml: string): void {
    this.socket.write(this.#framing.close({ xml: Buffer.from(xml), number: this.#number }, kind));
  }

  /** The next thing that the server says. Rejects when it hangs up, or says nothing in time. */
  async answer(): Promise<Answer> {
    const deadline = performance.now() + (this.#options.patienceMs ?? PATIENCE_MS);
    for (;;) {
      const next = this.#answers.shift();
      if (next) return next;
      if (this.socket.destroyed || this.socket.readableEnded) throw hungUp();
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw new GanzhiError('unavailable', 'The server does not answer.');
      await new Promise<void>((done) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          done();
        };
        const timer = setTimeout(wake, leftMs);
        this.#waiting.add(wake);
      });
    }
  }

  close(): void {
    this.socket.destroy();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}

const hungUp = (): GanzhiError =>
  new GanzhiError(
    'unavailable',
    'The server hung up: is this address listed, and are framing, AES key and collector those of its profile?',
  );

/** The `data` element of a report. @param t epoch ms */
export function dataElement(kind: string, number: string, t: number, values: readonly CollectorValue[]): string {
  const meters = Map.groupBy(values, ({ meter }) => meter);
  const functions = (of: readonly CollectorValue[]): string =>
    of
      .map(
        ({ function: id, coding = '', error, value }) =>
          `<function id="${id}" coding="${coding}"${error === undefined ? '' : ` error="${error}"`}>${value}</function>`,
      )
      .join('');
  const body = [...meters].map(([id, of]) => `<meter id="${id}">${functions(of)}</meter>`).join('');
  return `<data operation="${kind}"><sequence>${number}</sequence><parser>yes</parser><time>${stampOf(t)}</time>${body}</data>`;
}

const parser = new XMLParser({ parseTagValue: false, processEntities: false });

function answerOf(xml: string): Answer {
  const { root } = parser.parse(xml) as { root: Record<string, Record<string, string>> };
  const { common, ...rest } = root;
  const [element] = Object.values(rest);
  const [value] = Object.values(element ?? {});
  return { kind: common?.type ?? '', value };
}
