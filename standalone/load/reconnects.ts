import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createGateway, parseGatewayConfig, systemClock } from '@ganzhi/gateway-firmware-sim/firmware';
import { type Ingest, startIngest } from '@ganzhi/ingest';
import { MINUTE } from '@ganzhi/schemas';
import { pino } from 'pino';
import { startCutter } from './cutter.ts';

export interface ReconnectOptions {
  /** As the ingest role. */
  databaseUrl: string;
  gateway: { code: string; token: string };
  rounds: number;
  /** Broker and ingest are stopped and started instead of the line cut, every so many rounds. */
  restartEvery: number;
}

/** What the process held after the first rounds, and after all of them. */
export interface ReconnectReport {
  rounds: number;
  restarts: number;
  seconds: number;
  heapKiB: { before: number; after: number };
  /** Sockets, servers and timers that keep the process alive. */
  handles: { before: Record<string, number>; after: Record<string, number> };
  /** Listeners on the process itself. */
  listeners: { before: number; after: number };
  /** Connections that the broker counts in the end; one. */
  clients: number;
}

/** Before the first measurement everything has been loaded, compiled and pooled. */
const WARM_UP = 40;
const PATIENCE_MS = 2 * MINUTE;
const SETTLE_MS = 500;

/**
 * One gateway and the embedded broker, whose connection is cut again and again, in one process: what either of them forgets to let
 * go adds up.
 */
export async function reconnect(options: ReconnectOptions): Promise<ReconnectReport> {
  const { gateway: who, rounds, restartEvery } = options;
  const dataDir = mkdtempSync(join(tmpdir(), 'ganzhi-reconnects-'));
  const logger = pino({ level: 'silent' });
  const start = (): Promise<Ingest> =>
    startIngest({
      ...{ databaseUrl: options.databaseUrl, mqttHost: '127.0.0.1', mqttPort: 0, httpHost: '127.0.0.1', httpPort: 0 },
      ...{ mode: 'demo', batchMs: 5, batchRows: 1_000, logger },
    });
  let ingest = await start();
  const cutter = await startCutter(ingest.mqttPort);
  const gateway = createGateway({
    config: parseGatewayConfig({
      ...{ code: who.code, token: who.token, mqttUrl: `mqtt://127.0.0.1:${cutter.port}`, dataDir, meters: [] },
    }),
    clock: systemClock,
    logger,
    publisher: { reconnectMs: { min: 1, max: 4 } },
  });
  const until = async (condition: () => boolean): Promise<void> => {
    const end = performance.now() + PATIENCE_MS;
    while (!condition()) {
      if (performance.now() > end) throw new Error(`not connected again within ${PATIENCE_MS} ms`);
      await delay(1);
    }
  };
  let restarts = 0;
  const round = async (number: number): Promise<void> => {
    if (number % restartEvery === 0) {
      restarts += 1;
      await ingest.stop();
      await until(() => !gateway.isConnected());
      ingest = await start();
      cutter.target = ingest.mqttPort;
    } else cutter.cut();
    await until(() => !gateway.isConnected());
    await until(() => gateway.isConnected());
  };
  try {
    await gateway.start();
    await until(() => gateway.isConnected());
    for (let number = 1; number <= WARM_UP; number += 1) await round(number);
    const before = await held();
    const started = performance.now();
    for (let number = 1; number <= rounds; number += 1) await round(number);
    const seconds = (performance.now() - started) / 1_000;
    const after = await held();
    return {
      ...{ rounds, restarts, seconds: Math.round(seconds * 10) / 10 },
      heapKiB: { before: before.heapKiB, after: after.heapKiB },
      handles: { before: before.handles, after: after.handles },
      listeners: { before: before.listeners, after: after.listeners },
      clients: await clientsOf(ingest),
    };
  } finally {
    await gateway.stop();
    await cutter.stop();
    await ingest.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** What should not grow did not: handles by kind within two of each other, listeners alike, heap within the allowance. */
export function leaksOf(report: ReconnectReport, heapAllowanceKiB: number): string[] {
  const { heapKiB, handles, listeners, clients } = report;
  const grown = Object.entries(handles.after)
    .filter(([kind, count]) => count > (handles.before[kind] ?? 0) + 2)
    .map(([kind, count]) => `${kind}: ${handles.before[kind] ?? 0} → ${count}`);
  if (listeners.after > listeners.before) grown.push(`listeners: ${listeners.before} → ${listeners.after}`);
  if (heapKiB.after - heapKiB.before > heapAllowanceKiB) grown.push(`heap: ${heapKiB.before} → ${heapKiB.after} KiB`);
  if (clients !== 1) grown.push(`clients of the broker: ${clients}`);
  return grown;
}

async function held() {
  // sockets that were cut a moment ago close in the next turns
  await delay(SETTLE_MS);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 3; turn += 1) {
    collect();
    await delay(10);
  }
  const handles: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  return { heapKiB: Math.round(process.memoryUsage().heapUsed / 1_024), handles, listeners };
}

async function clientsOf({ httpPort }: Ingest): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
  return Number(/^ganzhi_mqtt_clients (\d+)$/m.exec(text)?.[1]);
}
