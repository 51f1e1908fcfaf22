import { join } from 'node:path';
import { enrol, type Waiting } from './enrol.ts';
import { type Identity, keepIdentity, loadIdentity } from './identity.ts';
import { type InstallConfig, readInstallFile } from './install.ts';
import { type CareRunner, createCareRunner, type RunnerOptions } from './runner.ts';
import { type CareStore, openCareStore } from './store.ts';

export interface CaredGatewayOptions extends Omit<RunnerOptions, 'identity' | 'store'> {
  /** Told whenever the gateway waits for somebody before it can begin. */
  onWaiting?: (waiting: Waiting) => void;
  /** Pause between two polls of an enrolment; the server's word unless said. */
  enrolPollMs?: number;
}

/** A gateway that is installed with a serial number and a server's address, and gets everything else from there. */
export interface CaredGateway {
  readonly serial: string;
  /** Known after the enrolment. */
  code(): string | undefined;
  /** What it waits for, while it is not let in. */
  waiting(): Waiting | undefined;
  isConnected(): boolean;
  /** There after the enrolment. */
  runner(): CareRunner | undefined;
  /** Begins; resolves before the enrolment is decided. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createCaredGateway(options: CaredGatewayOptions): CaredGateway {
  const { install, logger, onWaiting } = options;
  const ending = new AbortController();
  let waiting: Waiting | undefined;
  let runner: CareRunner | undefined;
  let code: string | undefined;
  let enrolling: Promise<void> | undefined;

  const run = async (store: CareStore, identity: Identity) => {
    waiting = undefined;
    code = identity.code;
    runner = createCareRunner({ ...options, store, identity });
    await runner.start();
  };
  const enrolThenRun = async (store: CareStore) => {
    const identity = await enrol({
      install,
      store,
      signal: ending.signal,
      pollMs: options.enrolPollMs,
      onWaiting: (now) => {
        waiting = now;
        onWaiting?.(now);
      },
    });
    if (identity && !ending.signal.aborted) await run(store, identity);
  };

  return {
    serial: install.serial,
    code: () => code,
    waiting: () => waiting,
    isConnected: () => runner?.gateway()?.isConnected() ?? false,
    runner: () => runner,
    async start() {
      const store = openCareStore(join(install.dataDir, 'care'));
      const identity = loadIdentity(store) ?? registeredBeforehand(install, store);
      if (identity) return run(store, identity);
      enrolling = enrolThenRun(store).catch((error: Error) => logger.error({ err: error }, 'the enrolment ended'));
    },
    async stop() {
      ending.abort();
      await enrolling;
      await runner?.stop();
    },
  };
}

function registeredBeforehand(install: InstallConfig, store: CareStore): Identity | undefined {
  const { code, token, tokenFile } = install;
  if (code === undefined) return undefined;
  const secret = token ?? readInstallFile(tokenFile ?? '', 'tokenFile').trim();
  return keepIdentity(store, code, { kind: 'token', token: secret });
}
