import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY, dayStart, TelemetryBatch } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { type Outbox, openOutbox } from '../firmware/index.ts';
import { createHistory, HISTORY_STEP_MS } from './history.ts';
import { createMeterModel } from './model/meter-model.ts';
import { meterRegisters } from './model/registers.ts';
import { makePopulation } from './population.ts';

const NOW = Date.parse('2026-11-23T10:07:00+08:00');
const EPOCH = NOW - 10 * DAY;

test('three days, oldest first, every quarter of an hour once, also when stopped in the middle', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-history-'));
  const outbox = openOutbox({ path: join(folder, 'outbox.db') });
  const { meters, gateways } = makePopulation({ sites: 1 });
  const code = gateways[0]?.code ?? '';
  const site = {
    gateway: { code, outbox: () => outbox },
    meters: meters.map((meter) => ({
      meter,
      registers: meterRegisters(meter, createMeterModel({ seed: 1, meter, epochMs: EPOCH })),
    })),
  };
  const options = { sites: [site], days: 3, epochMs: EPOCH, now: () => NOW };
  const received: TelemetryBatch[] = [];
  const waiting: number[] = [];

  const interrupted = new AbortController();
  await createHistory({
    ...options,
    onProgress: ({ done }) => {
      waiting.push(outbox.depth().batches);
      received.push(...takeAll(outbox));
      if (done > 0 && received.length > 2) interrupted.abort();
    },
  }).run(interrupted.signal);
  const second = createHistory({
    ...options,
    // A later start does not change what the history is.
    now: () => NOW + DAY,
    onProgress: () => received.push(...takeAll(outbox)),
  });
  await second.run(new AbortController().signal);
  received.push(...takeAll(outbox));

  const [first] = meters;
  const times = received
    .flatMap(({ readings }) => readings)
    .flatMap(({ m, p, t }) => (m === first?.code && p === 'energy.import' ? [t] : []));
  const from = dayStart(NOW - 3 * DAY);
  const count = Math.floor((NOW - from) / HISTORY_STEP_MS) + 1;
  expect(times).toEqual(Array.from({ length: count }, (_, i) => from + i * HISTORY_STEP_MS));
  expect(received.every(({ replay }) => replay)).toBe(true);
  expect(second.progress()).toEqual({ done: count * meters.length * 2, total: count * meters.length * 2 });
  expect(Math.max(...waiting)).toBeLessThanOrEqual(4);
  outbox.close();
  rmSync(folder, { recursive: true, force: true });
});

function takeAll(outbox: Outbox): TelemetryBatch[] {
  return outbox.next('backlog', 0, 1_000).map(({ batch, payload }) => {
    outbox.remove(batch);
    return TelemetryBatch.parse(JSON.parse(payload));
  });
}
