import { expect, test } from 'vitest';
import { balanced } from '../chaos/run.ts';
import { runStorm } from '../load/storm.ts';

test('two hundred gateways lose their connections in the middle of a message and come back at once: nothing lost, nothing doubled', {
  timeout: 120_000,
}, async () => {
  const report = await runStorm({ gateways: 200, withinMs: 500, rounds: 2 });
  expect(balanced(report), JSON.stringify(report)).toBe(true);
  expect(report.made).toBe(200 * 7 * 20);
});
