import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TelemetryBatch } from '@ganzhi/schemas';
import { startAckBroker } from './ack-broker.ts';

const PROCESS = fileURLToPath(new URL('./outbox-publisher.ts', import.meta.url));
const SHORTEST_LIFE_MS = 150;

export interface PowerCuts {
  kills: number;
  delivered: number;
  /** Numbers from 1 to `batches` that never came. */
  lost: number[];
  /** Numbers that came in more than one batch. */
  doubled: number[];
  /** Batches that came again with other contents than before, their lane apart. */
  changed: string[];
  /** Messages sent again, as they may be. */
  repeats: number;
}

/**
 * Kills a gateway's outbox and publisher with SIGKILL at random moments until `batches` batches have come through, and says
 * what the server got.
 *
 * @param lifeMs how long a process lives at most
 */
export async function cutPower(
  batches: number,
  lifeMs: number,
  random: () => number = Math.random,
): Promise<PowerCuts> {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-power-'));
  const broker = await startAckBroker();
  const bodies = new Map<string, string>();
  const batchesOf = new Map<number, Set<string>>();
  const changed: string[] = [];
  let messages = 0;
  broker.decide = (batch) => {
    messages += 1;
    const body = contents(batch);
    if (bodies.has(batch.batch) && bodies.get(batch.batch) !== body) changed.push(batch.batch);
    bodies.set(batch.batch, body);
    for (const { t } of batch.readings) batchesOf.set(t, (batchesOf.get(t) ?? new Set()).add(batch.batch));
    // A server that is killed itself, or slow: some are not acknowledged at first.
    return random() < 0.9 ? 'stored' : undefined;
  };
  let kills = 0;
  try {
    while (batchesOf.size < batches) {
      const child = spawn(process.execPath, [PROCESS, folder, broker.url, String(batches)], { stdio: 'ignore' });
      const gone = once(child, 'exit');
      const began = messages;
      // It must come to life before it is killed, or nothing would ever move.
      while (messages === began && child.exitCode === null && batchesOf.size < batches) await delay(5);
      await delay(SHORTEST_LIFE_MS + random() * lifeMs);
      child.kill('SIGKILL');
      await gone;
      kills += 1;
    }
  } finally {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const numbers = Array.from({ length: batches }, (_, i) => i + 1);
  return {
    ...{ kills, delivered: batchesOf.size, changed, repeats: messages - bodies.size },
    lost: numbers.filter((number) => !batchesOf.has(number)),
    doubled: numbers.filter((number) => (batchesOf.get(number)?.size ?? 0) > 1),
  };
}

const contents = ({ replay: _, ...batch }: TelemetryBatch): string => JSON.stringify(batch);
