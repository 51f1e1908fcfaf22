import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TelemetryBatch } from '@ganzhi/schemas';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Harvest } from './index.ts';
import { type Outbox, openOutbox } from './index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ganzhi-outbox-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = () => join(folder, 'deep', 'outbox.db');
const harvest = (count: number, t = 1_000): Harvest => ({
  readings: Array.from({ length: count }, (_, i) => ({ m: 'M1', p: 'power', t: t + i, x: i, q: 0 })),
  errors: [],
});
const parsed = (outbox: Outbox, lane: 'live' | 'backlog') =>
  outbox.next(lane, 0, 1_000).map(({ payload }) => TelemetryBatch.parse(JSON.parse(payload)));

test('batches keep order, number and lane over a restart, and leave only when removed', () => {
  const first = openOutbox({ path: path() });
  first.append('backlog', harvest(2, 5_000), 10);
  first.append('live', harvest(3, 9_000), 11, { key: 'cursor', value: '7' });
  first.append('live', { readings: [], errors: [{ m: 'M2', t: 4_000, code: 'read-timeout' }] }, 12);
  first.close();

  const again = openOutbox({ path: path() });
  expect(again.depth()).toMatchObject({ batches: 3, readings: 5 });
  expect(again.depth('backlog')).toMatchObject({ batches: 1, readings: 2 });
  expect(again.oldestAt()).toBe(5_000);
  expect(again.note('cursor')).toBe('7');
  expect(parsed(again, 'live').map(({ seq, replay, readings }) => [seq, replay, readings.length])).toEqual([
    [1, false, 3],
    [2, false, 0],
  ]);
  const [backlog] = parsed(again, 'backlog');
  expect(backlog).toMatchObject({ seq: 0, replay: true });
  expect(again.remove(backlog?.batch ?? '')).toBe(true);
  expect(again.remove(backlog?.batch ?? '')).toBe(false);
  again.append('live', harvest(1), 13);
  expect(parsed(again, 'live').at(-1)?.seq).toBe(3);
  again.close();
});

test('an empty harvest makes no batch; a big one is cut', () => {
  const outbox = openOutbox({ path: path() });
  outbox.append('live', harvest(0), 1);
  expect(outbox.depth().batches).toBe(0);
  outbox.append('live', harvest(3_200), 1);
  expect(parsed(outbox, 'live').map(({ readings }) => readings.length)).toEqual([1_500, 1_500, 200]);
  outbox.close();
});

test('a full outbox drops its oldest batches, counted', () => {
  const outbox = openOutbox({ path: path(), maxBytes: 20_000 });
  const dropped = { batches: 0, readings: 0 };
  for (let i = 0; i < 20; i += 1) {
    const gone = outbox.append('live', harvest(50, i * 1_000), i);
    dropped.batches += gone.batches;
    dropped.readings += gone.readings;
  }
  const left = parsed(outbox, 'live');
  expect(left.at(-1)?.seq).toBe(19);
  expect(left[0]?.seq).toBe(dropped.batches);
  expect(dropped.readings).toBe(dropped.batches * 50);
  expect(outbox.depth().bytes).toBeLessThanOrEqual(20_000);
  expect(outbox.droppedBatches()).toBe(dropped.batches);
  outbox.close();
});

test('kill -9 in the middle of writing loses no batch that was stored, and doubles no number', async () => {
  const writer = new URL('../../testing/outbox-writer.ts', import.meta.url).pathname;
  const confirmed: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const child = spawn(process.execPath, [writer, path()], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    const goal = confirmed.length + 40 + round * 13;
    for await (const line of createInterface({ input: child.stdout })) {
      confirmed.push(line);
      if (confirmed.length === goal) child.kill('SIGKILL');
    }
    await exited;
  }
  const outbox = openOutbox({ path: path() });
  const batches = parsed(outbox, 'live');
  const kept = new Set(batches.map(({ batch }) => batch));
  expect(confirmed.filter((batch) => !kept.has(batch))).toEqual([]);
  expect(batches.map(({ seq }) => seq)).toEqual(batches.map((_, i) => i));
  outbox.close();
});
