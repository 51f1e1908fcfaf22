import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { migrate, openDatabase, startEmbedded } from '@ganzhi/schemas/db';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { residentMb } from '../bench/proc.ts';
import { type Books, compareBooks } from '../chaos/books.ts';
import { ChaosGateway } from '../chaos/gateway.ts';
import { Seeded } from '../chaos/seeded.ts';

export interface StormReport extends Books {
  gateways: number;
  /** Broker and ingest, which are one process, MB: with all gateways connected, and at its peak. */
  connectedMb: number;
  peakMb: number;
  /** From the cut of every connection until all are back. */
  reconnectSeconds: number;
  /** Until everything that was under way or made meanwhile is acknowledged. */
  settledSeconds: number;
}

export interface StormOptions {
  gateways: number;
  /** All gateways come back within this time. */
  withinMs: number;
  /** Storms, one after another. */
  rounds: number;
}

const LIMIT_MS = 180_000;
const SAMPLE_MS = 250;
const CONNECT_AT_ONCE = 50;

/**
 * Connects gateways, lets each send, cuts every connection in the middle of a message, and lets all of them come back at once
 * with what was under way and more. Counts to the last reading.
 *
 * @throws when they are not all back and answered in time
 */
export async function runStorm({ gateways: count, withinMs, rounds }: StormOptions): Promise<StormReport> {
  const undo: (() => unknown)[] = [];
  try {
    const folder = mkdtempSync(join(tmpdir(), 'ganzhi-storm-'));
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
    chmodSync(folder, 0o755);
    const database = await startEmbedded({ dataDir: folder });
    undo.push(() => database.stop());
    await migrate(database.adminUrl);
    const codes = Array.from({ length: count }, (_, g) => `GW-${String(g).padStart(4, '0')}`);
    const owner = await openDatabase({ url: database.adminUrl, role: 'ganzhi_owner', max: 1 });
    // thousands of single statements: the registry may be made again, readings may not
    await owner.query('set synchronous_commit = off');
    await fixtureRegistry(owner, {
      gateways: codes,
      meters: codes.map((gateway) => ({ code: `M-${gateway}`, gateway })),
    }).finally(() => owner.end());
    const service = fork(fileURLToPath(new URL('../bench/service.ts', import.meta.url)), [
      database.urlFor('ganzhi_ingest'),
    ]);
    undo.push(() => ended(service));
    const [{ mqttPort }] = (await once(service, 'message')) as [{ mqttPort: number }];
    const random = new Seeded(count);
    const gateways = codes.map(
      (code, g) =>
        new ChaosGateway({
          code,
          meter: `M-${code}`,
          port: mqttPort,
          keepaliveS: 60,
          patienceMs: 30_000,
          random: new Seeded(g),
          reconnectMs: () => random.next() * withinMs,
        }),
    );
    undo.push(() => Promise.all(gateways.map((gateway) => gateway.stop())));
    for (const [g, gateway] of gateways.entries()) {
      gateway.start();
      if (g % CONNECT_AT_ONCE === 0) await sleep(20);
    }
    await until(() => gateways.every(({ connected }) => connected));
    let peakMb = 0;
    const sampling = setInterval(() => {
      peakMb = Math.max(peakMb, residentMb([service.pid ?? 0]));
    }, SAMPLE_MS);
    undo.push(() => clearInterval(sampling));
    const makeAll = (): void => {
      for (const gateway of gateways) gateway.make();
    };
    makeAll();
    await until(() => gateways.every(({ waiting }) => waiting === 0));
    const connectedMb = Math.round(residentMb([service.pid ?? 0]));
    let reconnectSeconds = 0;
    let settledSeconds = 0;
    for (let round = 0; round < rounds; round += 1) {
      makeAll();
      makeAll();
      // some are written by now, some under way, some not sent
      await sleep(150);
      const before = gateways.map(({ reconnects }) => reconnects);
      const cutAt = performance.now();
      for (const gateway of gateways) gateway.cut();
      makeAll();
      await until(() => gateways.every(({ connected, reconnects }, g) => connected && reconnects > (before[g] ?? 0)));
      reconnectSeconds = Math.max(reconnectSeconds, performance.now() - cutAt);
      await until(() => gateways.every(({ waiting }) => waiting === 0));
      settledSeconds = Math.max(settledSeconds, performance.now() - cutAt);
    }
    return {
      gateways: count,
      connectedMb,
      peakMb: Math.round(peakMb),
      reconnectSeconds: Math.round(reconnectSeconds / 100) / 10,
      settledSeconds: Math.round(settledSeconds / 100) / 10,
      ...(await compareBooks(database.adminUrl, gateways)),
    };
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

async function ended(service: ChildProcess): Promise<void> {
  const exited = once(service, 'exit');
  service.send('stop');
  await exited;
}

async function until(condition: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + LIMIT_MS;
  while (!condition()) {
    if (performance.now() > giveUpAt) throw new Error(`Not done after ${LIMIT_MS / 1_000} s.`);
    await sleep(50);
  }
}
