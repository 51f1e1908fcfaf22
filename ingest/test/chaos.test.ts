import { expect, test } from 'vitest';
import { balanced, runChaos } from '../chaos/run.ts';

/** Scaled down ten times from the case of the field: a pause of 60 s and a keepalive of 30 s (`npm run chaos`). */
const PAUSE_MS = 6_000;
const KEEPALIVE_S = 3;

test('everything is killed, stopped and cut in turn and together during load; nothing is lost, nothing is doubled', {
  timeout: 600_000,
}, async () => {
  const seed = Number(process.env.GANZHI_CHAOS_SEED ?? Date.now() % 1_000_000);
  const lines: string[] = [];
  const report = await runChaos({
    seed,
    seconds: 120,
    gateways: 10,
    batchesPerSecond: 40,
    pauseMs: PAUSE_MS,
    keepaliveS: KEEPALIVE_S,
    say: (line) => lines.push(line),
  }).catch((error: Error) => {
    throw new Error(`seed ${seed}: ${error.message}\n${lines.join('\n')}`, { cause: error });
  });
  expect(balanced(report), `seed ${seed}: ${JSON.stringify(report)}\n${lines.join('\n')}`).toBe(true);
  expect(new Set(report.faults).size).toBeGreaterThanOrEqual(6);
  expect(report.reconnects).toBeGreaterThan(0);
});
