import { join } from 'node:path';
import { type Harvest, openOutbox } from '../firmware/outbox/index.ts';
import { startCountingBroker } from './field/broker.ts';
import { folder, startGateway, warmUp } from './field/gateway.ts';
import { peakMemoryMiB } from './field/process.ts';

const QUEUED = 10_000_000;
const BATCH = 1_500;
const WRITE_FOR_MS = 5_000;
const WANTED = { durableReadingsPerS: 20_000, startsSendingMs: 2_000 };
const METERS = 50;
const CODE_OF = Array.from({ length: METERS }, (_, i) => `CZ-0001-E${String(i).padStart(2, '0')}`);

/** Batches that survive a power cut, one transaction and one fsync each; and how soon a start with ten million goes on. */
export async function benchOutbox() {
  await warmUp();
  const data = folder();
  const path = join(data.path, 'outbox.db');
  try {
    const outbox = openOutbox({ path, maxBytes: 4 * 1024 ** 3 });
    const from = Date.now() - 86_400_000;
    let written = 0;
    const began = performance.now();
    while (performance.now() - began < WRITE_FOR_MS) {
      outbox.append('backlog', harvest(from + written), Date.now());
      written += BATCH;
    }
    const durableReadingsPerS = Math.round((written / (performance.now() - began)) * 1_000);
    while (outbox.depth().readings < QUEUED)
      outbox.append('backlog', harvest(from + outbox.depth().readings), Date.now());
    const { batches, readings, bytes } = outbox.depth();
    outbox.close();
    const { startsSendingMs, memoryMiB } = await timeToFirst(data.path);
    return {
      ...{ durableReadingsPerS, batchOf: BATCH, queued: { batches, readings, bytes }, startsSendingMs, memoryMiB },
      wanted: WANTED,
      ok: durableReadingsPerS >= WANTED.durableReadingsPerS && startsSendingMs <= WANTED.startsSendingMs,
    };
  } finally {
    data.remove();
  }
}

/** From the start of the process to its first batch at the broker. */
async function timeToFirst(dataDir: string): Promise<{ startsSendingMs: number; memoryMiB: number }> {
  const broker = await startCountingBroker();
  try {
    const first = new Promise<number>((resolve) => {
      broker.onBatch = ({ readings }) => readings.length > 0 && resolve(performance.now());
    });
    const began = performance.now();
    const gateway = await startGateway(
      { code: 'GW-BENCH', token: 'x', mqttUrl: broker.url, dataDir, outboxMaxBytes: 4 * 1024 ** 3, meters: [] },
      0,
    );
    const startsSendingMs = Math.round((await first) - began);
    const memoryMiB = peakMemoryMiB(gateway.pid);
    await gateway.stop();
    return { startsSendingMs, memoryMiB };
  } finally {
    await broker.stop();
  }
}

const harvest = (from: number): Harvest => ({
  readings: Array.from({ length: BATCH }, (_, i) => ({
    ...{
      m: CODE_OF[i % METERS] ?? '',
      p: i % 2 ? 'power' : 'energy.import',
      t: from + i,
      x: 12_345.67 + i,
      q: 0 as const,
    },
  })),
  errors: [],
});
