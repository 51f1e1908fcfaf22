import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Outbox, openOutbox } from '../../firmware/index.ts';
import { memoryOutbox } from './memory-outbox.ts';

const readings = (count: number, from: number) =>
  Array.from({ length: count }, (_, i) => ({ m: 'M-1', p: 'power', t: from + i, x: i, q: 0 }));

/** What happens to an outbox in a run, and what it says then; ids of batches are random. */
function story(outbox: Outbox): unknown[] {
  let changes = 0;
  outbox.onChange(() => {
    changes += 1;
  });
  const payloads = (lane: 'live' | 'backlog', after: number, limit: number) =>
    outbox.next(lane, after, limit).map(({ id, payload }) => {
      const { batch: _, ...rest } = JSON.parse(payload);
      return { id, rest };
    });
  outbox.append('backlog', { readings: readings(2, 1_000), errors: [] }, 5_000);
  outbox.append('live', { readings: readings(3_200, 9_000), errors: [] }, 10_000, { key: 'cursor', value: '7' });
  outbox.append('live', { readings: [], errors: [{ m: 'M-2', t: 11_000, code: 'read-timeout' }] }, 11_000);
  const told = [outbox.depth(), outbox.depth('live'), outbox.oldestAt(), outbox.note('cursor'), outbox.note('none')];
  const found = [payloads('live', 0, 2), payloads('live', 2, 10), payloads('backlog', 0, 10)];
  const [first] = outbox.next('live', 0, 1);
  const removed = [outbox.remove(first?.batch ?? ''), outbox.remove(first?.batch ?? '')];
  return [told, found, removed, outbox.depth(), payloads('live', 0, 10).map(({ id }) => id), changes];
}

test('it tells the same story as the outbox on disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-outbox-'));
  const disk = openOutbox({ path: join(folder, 'outbox.db') });
  expect(story(memoryOutbox())).toEqual(story(disk));
  disk.close();
  rmSync(folder, { recursive: true, force: true });
});
