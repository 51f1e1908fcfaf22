import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DAY } from '@ganzhi/schemas';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cutPower } from '../../testing/power-cuts.ts';
import { type Harvest, type Outbox, openOutbox } from './index.ts';

const NOON = Date.parse('2026-11-23T12:00:00+08:00');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ganzhi-hardship-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const path = () => join(folder, 'outbox.db');
const harvest = (t: number, count = 10): Harvest => ({
  readings: Array.from({ length: count }, (_, i) => ({ m: 'M1', p: 'power', t: t + i, x: i, q: 0 })),
  errors: [],
});
const seqs = (outbox: Outbox): number[] => outbox.next('live', 0, 10_000).map(({ payload }) => JSON.parse(payload).seq);

test('kill -9 of outbox and publisher at random moments loses, doubles and changes nothing', async () => {
  const { kills, lost, doubled, changed } = await cutPower(200, 300);
  expect({ lost, doubled, changed }).toEqual({ lost: [], doubled: [], changed: [] });
  expect(kills).toBeGreaterThan(1);
});

test('a tail that was torn while it was written costs no batch before it', () => {
  const outbox = openOutbox({ path: path() });
  for (let i = 0; i < 20; i += 1) outbox.append('live', harvest(NOON + i * 100), NOON);
  // The files as a power cut leaves them: the log is not yet in the file.
  const log = statSync(`${path()}-wal`).size;
  expect(log).toBeGreaterThan(10_000);
  for (const cut of [1, 500, 4_097, 9_000]) {
    const torn = join(folder, `torn-${cut}.db`);
    copyFileSync(path(), torn);
    copyFileSync(`${path()}-wal`, `${torn}-wal`);
    truncateSync(`${torn}-wal`, log - cut);
    appendFileSync(`${torn}-wal`, Buffer.alloc(cut - 1, 0xa5));
    const again = openOutbox({ path: torn });
    const left = seqs(again);
    expect(left).toEqual(Array.from({ length: left.length }, (_, i) => i));
    expect(left.length).toBeGreaterThanOrEqual(15);
    again.append('live', harvest(NOON), NOON);
    expect(seqs(again)).toHaveLength(left.length + 1);
    again.close();
  }
  outbox.close();
});

test('a file that is no outbox is set aside and said, and the gateway goes on', () => {
  writeFileSync(path(), 'not a database, '.repeat(1_000));
  const outbox = openOutbox({ path: path() });
  outbox.append('live', harvest(NOON), NOON);
  const [aside = ''] = readdirSync(folder).filter((name) => name.includes('damaged'));
  expect(outbox.events.take(1)[0]?.event).toMatchObject({
    kind: 'outbox-damaged',
    detail: { setAside: join(folder, aside) },
  });
  outbox.close();
});

test('what is older than the limit goes, oldest first, and one event says how much and of when', () => {
  const outbox = openOutbox({ path: path(), now: () => NOON });
  for (const days of [100, 95, 93, 2]) outbox.append('live', harvest(NOON - days * DAY), NOON - days * DAY);
  outbox.append('backlog', harvest(NOON - 94 * DAY), NOON);
  expect(outbox.expire(NOON - 94.5 * DAY)).toMatchObject({ batches: 2, readings: 20 });
  expect(outbox.expire(NOON - 92 * DAY)).toMatchObject({ batches: 2, readings: 20 });
  expect(outbox.expire(NOON - 92 * DAY)).toMatchObject({ batches: 0 });
  expect(seqs(outbox)).toEqual([3]);
  const events = outbox.events.take(5).map(({ event }) => event);
  expect(events).toHaveLength(1);
  const detail = { reason: 'age', batches: 4, readings: 40, fromAt: NOON - 100 * DAY, toAt: NOON - 93 * DAY + 9 };
  expect(events[0]).toMatchObject({ kind: 'outbox-overflow', at: NOON, detail });
  outbox.close();
});

const hasLimits = existsSync('/usr/bin/prlimit') && spawnSync('sh', ['-c', 'ulimit -S -f 1']).status === 0;
const FULL = fileURLToPath(new URL('../../testing/outbox-on-full-disk.ts', import.meta.url));

interface Answer {
  sent: number[];
  events: { kind: string; detail: Record<string, unknown> }[];
  troubles: string[];
  depth: { batches: number };
}

/** @param blocks files may grow to so many times 512 bytes; that is what a full disk looks like to a program */
async function onFullDisk(blocks: number, maxMemoryBytes: number) {
  const command = `ulimit -S -f ${blocks} && exec "$0" "$@"`;
  const child = spawn('sh', ['-c', command, process.execPath, FULL, path(), String(maxMemoryBytes)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async order(order: object): Promise<Answer> {
      child.stdin.write(`${JSON.stringify(order)}\n`);
      return JSON.parse((await answers.next()).value ?? '{}');
    },
    makeRoom: () => spawnSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:']),
    gone,
  };
}

test.runIf(hasLimits)(
  'on a full disk reading goes on in memory, and all of it reaches the disk when there is room',
  async () => {
    const disk = await onFullDisk(1_500, 8_000_000);
    const full = await disk.order({ append: 60 });
    expect(full.troubles).toEqual(['full']);
    expect(full.sent).toEqual(Array.from({ length: 60 }, (_, i) => i));
    disk.makeRoom();
    await disk.order({ append: 1 });
    const well = await disk.order({ close: true });
    expect(well.troubles).toEqual(['full', 'well']);
    expect(well.events).toMatchObject([{ kind: 'outbox-disk-trouble' }]);
    await disk.gone;
    const outbox = openOutbox({ path: path() });
    expect(seqs(outbox)).toEqual(Array.from({ length: 61 }, (_, i) => i));
    expect(outbox.events.take(5).map(({ event }) => event.kind)).toEqual(['outbox-disk-trouble']);
    outbox.close();
  },
);

test.runIf(hasLimits)(
  'what a full disk and the memory together cannot hold is dropped oldest first, counted and said',
  async () => {
    const disk = await onFullDisk(1_500, 200_000);
    const { sent, events, depth } = await disk.order({ append: 60 });
    const [{ kind, detail } = { kind: '', detail: {} }] = events;
    expect(kind).toBe('outbox-overflow');
    expect(detail.reason).toBe('memory');
    expect(sent.length + Number(detail.batches)).toBe(60);
    expect(depth.batches).toBe(sent.length);
    expect(sent.at(-1)).toBe(59);
    // Readings are numbered by their time: the report names the first and the last that went.
    expect(Number(detail.toAt) - Number(detail.fromAt) + 1).toBe(Number(detail.readings));
    disk.makeRoom();
    await disk.order({ append: 1, close: true });
    await disk.gone;
  },
);
