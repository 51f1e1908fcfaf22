import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, migrate, openDatabase } from '@ganzhi/schemas/db';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import {
  findMosquitto,
  INGEST_PASSWORD,
  INGEST_USER,
  type Mosquitto,
  startMosquitto,
} from '../test/outside/mosquitto.ts';
import { ChaosGateway } from './gateway.ts';
import { KeptDatabase, KeptIngest } from './kept.ts';
import { Seeded } from './seeded.ts';

export interface RigOptions {
  gateways: number;
  seed: number;
  keepaliveS: number;
  patienceMs: number;
}

/**
 * A small network of real processes: one ingest with its embedded broker for half of the gateways, and, where Mosquitto is
 * installed, two competing ones behind it for the other half; all on one durable database.
 */
export interface Rig {
  database: KeptDatabase;
  embedded: KeptIngest;
  /** The two behind the outside broker; none without Mosquitto. */
  competing: readonly KeptIngest[];
  broker: Mosquitto | undefined;
  gateways: readonly ChaosGateway[];
  stop(): Promise<void>;
}

export async function startRig({ gateways: count, seed, keepaliveS, patienceMs }: RigOptions): Promise<Rig> {
  const undo: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const folder = mkdtempSync(join(tmpdir(), 'ganzhi-chaos-'));
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    chmodSync(folder, 0o755);
    const database = await KeptDatabase.start(folder);
    undo.push(() => database.stop());
    const { adminUrl } = database.running;
    await migrate(adminUrl);
    const codes = Array.from({ length: count }, (_, g) => `GW-${String(g).padStart(4, '0')}`);
    const owner = await openDatabase({ url: adminUrl, role: 'ganzhi_owner', max: 1 });
    // thousands of single statements: the registry may be made again, readings may not
    await owner.query('set synchronous_commit = off');
    await fixtureRegistry(owner, {
      gateways: codes,
      meters: codes.map((gateway) => ({ code: `M-${gateway}`, gateway })),
    }).finally(() => owner.end());

    const base = {
      databaseUrl: database.running.urlFor('ganzhi_ingest'),
      mqttHost: '127.0.0.1',
      mqttPort: await freePort(),
      httpHost: '127.0.0.1',
      httpPort: 0,
      mode: 'production',
      batchMs: 25,
      batchRows: 10_000,
    } as const;
    const keep = (options: ConstructorParameters<typeof KeptIngest>[0]): KeptIngest => {
      const kept = new KeptIngest(options);
      undo.push(() => kept.stop());
      kept.start();
      return kept;
    };
    const embedded = keep(base);
    const program = findMosquitto();
    const broker = program ? await startMosquitto(program, codes) : undefined;
    if (broker) undo.push(() => broker.stop());
    const outside = broker && { url: broker.url, username: INGEST_USER, password: INGEST_PASSWORD, connections: 8 };
    const competing = outside ? [1, 2].map(() => keep({ ...base, mqttPort: 0, broker: outside })) : [];

    const gateways = codes.map(
      (code, g) =>
        new ChaosGateway({
          code,
          meter: `M-${code}`,
          port: broker && g % 2 === 1 ? broker.port : base.mqttPort,
          keepaliveS,
          patienceMs,
          random: new Seeded(seed + g + 1),
        }),
    );
    for (const gateway of gateways) {
      undo.push(() => gateway.stop());
      gateway.start();
    }
    return { database, embedded, competing, broker, gateways, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
