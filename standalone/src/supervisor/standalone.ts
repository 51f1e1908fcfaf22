import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GanzhiError } from '@ganzhi/schemas';
import {
  connectAdministrator,
  freePort,
  grantWholeCity,
  migrate,
  type ServiceRole,
  startNightly,
} from '@ganzhi/schemas/db';
import { registerCity } from '../city/seed.ts';
import { ensureConsole } from '../console.ts';
import { Child } from './child.ts';
import { watchHistory } from './history.ts';
import { KeptDatabase } from './kept-database.ts';
import { takeLock } from './lock.ts';
import { claimPort } from './ports.ts';

export interface StandaloneOptions {
  host: string;
  port: number;
  mqttHost: string;
  mqttPort: number;
  dataDir: string;
  /** Unset: the embedded database. */
  databaseUrl: string | undefined;
  sites: number;
  historyDays: number;
  seed: number;
  say(line: string): void;
}

/** Six processes share one machine: a small young generation costs some speed and halves the memory of the simulated city. */
const FRUGAL = ['--max-semi-space-size=2', '--optimize-for-size'];

const LOOPBACK = '127.0.0.1';

interface Ports {
  http: number;
  mqtt: number;
  ingest: number;
  analytics: number;
  gateway: number;
}

/**
 * Everything on one machine: claims ports and folder, starts the database, migrates, registers the city, then starts
 * ingest, analytics, api and the simulated city as children. `stop` undoes it in reverse: gateways first, database last.
 */
export class Standalone {
  readonly #options: StandaloneOptions;
  readonly #dataDir: string;
  /** What `stop` has to undo, in order of start. */
  readonly #undo: (() => Promise<void> | void)[] = [];
  #stopping = false;

  constructor(options: StandaloneOptions) {
    this.#options = options;
    this.#dataDir = resolve(options.dataDir);
  }

  async start(): Promise<void> {
    try {
      await this.#startAll();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const undo of this.#undo.reverse()) await undo();
  }

  async #startAll(): Promise<void> {
    const { host, mqttHost, sites, historyDays, seed, say } = this.#options;
    const giveBack = takeLock(this.#dataDir);
    this.#undo.push(giveBack);
    const ports = await this.#claimPorts();
    mkdirSync(join(this.#dataDir, 'logs'), { recursive: true });
    ensureConsole(say);
    const database = await this.#openDatabase();
    const { applied, flavour } = await migrate(database.adminUrl);
    await grantWholeCity(database.adminUrl);
    if (applied.length > 0) say(`Database: ${applied.length} migrations applied (${flavour} flavour).`);
    const city = await registerCity({ url: database.urlFor('ganzhi_owner'), dataDir: this.#dataDir, seed, sites });
    say(`Registry: ${city.institutions} institutions, ${city.sites} of them metered live (${city.meters} meters).`);

    // health and metrics of the services are for this supervisor and this machine only; page and broker follow HOST
    const base = { HOST: LOOPBACK, GANZHI_DATA_DIR: this.#dataDir };
    const as = (role: ServiceRole) => ({ ...base, DATABASE_URL: database.urlFor(role) });
    await this.#run('ingest', {
      ...as('ganzhi_ingest'),
      GANZHI_MQTT_HOST: mqttHost,
      // the simulated city below connects to it
      GANZHI_BROKER: 'embedded',
      GANZHI_MQTT_PORT: String(ports.mqtt),
      GANZHI_INGEST_HTTP_PORT: String(ports.ingest),
    });
    await this.#run('analytics', { ...as('ganzhi_analytics'), GANZHI_ANALYTICS_HTTP_PORT: String(ports.analytics) });
    const { initialAdministrator } = await this.#run('api', {
      ...as('ganzhi_api'),
      HOST: host,
      PORT: String(ports.http),
    });
    // At once: should a later step fail, the password would be lost.
    if (initialAdministrator) say(firstPassword(initialAdministrator as InitialAdministrator));
    if (city.sites > 0) {
      const args = ['--sites', String(sites), '--history-days', String(historyDays), '--seed', String(seed)];
      await this.#run(
        'simulate',
        {
          ...as('ganzhi_owner'),
          GANZHI_MQTT_URL: `mqtt://${fromHere(mqttHost)}:${ports.mqtt}`,
          GANZHI_GATEWAY_HTTP_PORT: String(ports.gateway),
        },
        args,
      );
      this.#undo.push(
        await watchHistory(`http://${LOOPBACK}:${ports.gateway}/progress`, database.urlFor('ganzhi_owner'), say),
      );
    }
    const nightly = startNightly({
      connect: () => connectAdministrator(database.adminUrl),
      onRound: ({ compressed, thinned, postponed }) =>
        say(
          `Storage maintained: ${compressed.length} chunks compressed, ${thinned.length} spans thinned, ${postponed.length} postponed.`,
        ),
      onError: (error) => say(`Storage not maintained, tried again: ${error.message}`),
    });
    this.#undo.push(() => nightly.stop());
    say(welcome(`http://${fromHere(host)}:${ports.http}`, this.#dataDir));
  }

  async #claimPorts(): Promise<Ports> {
    const { host, port, mqttHost, mqttPort } = this.#options;
    if (port !== 0 && port === mqttPort) {
      throw new GanzhiError(
        'config-invalid',
        `PORT and GANZHI_MQTT_PORT are both ${port}. Give one of them another port.`,
      );
    }
    return {
      http: await claimPort(host, port, 'PORT'),
      mqtt: await claimPort(mqttHost, mqttPort, 'GANZHI_MQTT_PORT'),
      ingest: await freePort(),
      analytics: await freePort(),
      gateway: await freePort(),
    };
  }

  async #openDatabase(): Promise<{ adminUrl: string; urlFor(role: ServiceRole): string }> {
    const { databaseUrl, say } = this.#options;
    if (databaseUrl) return { adminUrl: databaseUrl, urlFor: () => databaseUrl };
    const kept = new KeptDatabase(this.#dataDir, say);
    const database = await kept.start();
    this.#undo.push(() => kept.stop());
    return database;
  }

  async #run(
    name: string,
    env: Record<string, string>,
    args: readonly string[] = [],
  ): Promise<Record<string, unknown>> {
    const child = new Child(
      { name, args, nodeArgs: FRUGAL, env, logFile: join(this.#dataDir, 'logs', `${name}.log`) },
      {
        onRestart: (who, how, inMs) =>
          this.#options.say(`${who} ended (${how}); starting it again in ${inMs / 1000} s.`),
      },
    );
    this.#undo.push(() => child.stop());
    return child.start();
  }
}

/** How this machine reaches a listener: an address that means "everywhere" is no address to connect to. */
const fromHere = (host: string): string => (host === '0.0.0.0' || host === '::' ? LOOPBACK : host);

interface InitialAdministrator {
  login: string;
  password: string;
}

function firstPassword({ login, password }: InitialAdministrator): string {
  return [
    '',
    `  用户名 user      ${login}`,
    `  初始密码 password  ${password}`,
    '  (shown once and nowhere kept; write it down / 仅显示一次，请妥善保存)',
  ].join('\n');
}

function welcome(url: string, dataDir: string): string {
  return [
    '',
    `  感知 Ganzhi is running:  ${url}`,
    `  API ${url}/docs    data and logs ${dataDir}    stop with Ctrl-C`,
    '',
  ].join('\n');
}
