import { type CareKind, type DownKind, GatewayMeta, GatewayState } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import type { Pass } from '../broker/authenticate.ts';
import type { Clock } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import type { GatewayEntry } from '../registry/load.ts';
import { keepAnswer } from './answers.ts';
import { forgetLostConfiguration } from './configurations.ts';
import { promoteCredential } from './credentials.ts';
import { Notices } from './notices.ts';
import { Relay } from './relay.ts';

export interface CareOptions {
  db: Db;
  log: Logger;
  clock: Clock;
  metrics: Metrics;
  /** Looks for changes of the registry at once; connections that lost their right are cut then. */
  refreshRegistry: () => Promise<void>;
  send: (gateway: string, kind: DownKind, body: unknown) => void;
  pollMs?: number;
}

/** Remote care on the side of the server: what gateways say about it, and what they are told. */
export class Care {
  readonly #options: CareOptions;
  readonly #relay: Relay;
  readonly #notices: Notices;
  /** The last answer of a gateway that is being kept: the broker hands over several at once, and the last word must win. */
  readonly #keeping = new Map<number, Promise<unknown>>();

  constructor(options: CareOptions) {
    this.#options = options;
    this.#relay = new Relay(options);
    const { db, log, refreshRegistry } = options;
    this.#notices = new Notices({
      db,
      log,
      onNotice: (what) => {
        if (what !== 'work') void refreshRegistry();
        if (what !== 'gateway') this.#relay.kick();
      },
    });
  }

  async start(): Promise<void> {
    this.#relay.start();
    await this.#notices.start();
  }

  async stop(): Promise<void> {
    await this.#notices.stop();
    await this.#relay.stop();
  }

  /** `up/meta`: the gateway is there, has subscribed, and says what it runs. */
  birth(gateway: GatewayEntry, payload: Buffer): void {
    const meta = GatewayMeta.safeParse(parseJson(payload)).data;
    if (meta?.care === undefined) return;
    const { db, log } = this.#options;
    forgetLostConfiguration(db, gateway.id, meta.configuration ?? 0)
      .catch((error: Error) => log.debug({ err: error }, 'birth not compared with the configuration'))
      .finally(() => this.#relay.reached(gateway.id, gateway.code));
  }

  /** `up/state`: a farewell or last will ends what can be told. */
  state(gateway: GatewayEntry, payload: Buffer): void {
    if (GatewayState.safeParse(parseJson(payload)).data?.state === 'offline') this.#relay.gone(gateway.id);
  }

  gone(gateway: GatewayEntry): void {
    this.#relay.gone(gateway.id);
  }

  /** `up/cmd`, `up/config`, `up/firmware`. @returns false when it cannot be parsed */
  answer(kind: CareKind, gateway: GatewayEntry, payload: Buffer): Promise<boolean> {
    const before = this.#keeping.get(gateway.id) ?? Promise.resolve();
    const kept = before
      .catch(() => undefined)
      .then(() => keepAnswer(this.#options, kind, gateway, payload))
      .then(async ({ understood, admits }) => {
        // the gateway presents its next credential as soon as it hears that its answer is kept
        if (admits) await this.#options.refreshRegistry();
        return understood;
      });
    const settled = kept
      .catch(() => undefined)
      .then(() => {
        if (this.#keeping.get(gateway.id) === settled) this.#keeping.delete(gateway.id);
      });
    this.#keeping.set(gateway.id, settled);
    return kept;
  }

  /** A credential was used for the first time: the one before it dies. Tried again at the next connection when it fails. */
  firstUse(pass: Pass): void {
    const { db, clock, log } = this.#options;
    promoteCredential(db, pass, clock.now()).catch((error: Error) =>
      log.warn({ err: error, gateway: pass.gateway.code }, 'the first use of a credential could not be noted'),
    );
  }
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}
