import { expect, test } from 'vitest';
import { Batcher } from './batcher.ts';
import type { Message, Outcome, Row } from './message.ts';
import { ReplayPace } from './replay-pace.ts';

const gateway = {
  id: 1,
  code: 'GW-1',
  tokenSha256: Buffer.alloc(32),
  simulatedTime: false,
  enabled: true,
  dialect: 'native' as const,
};
const row: Row = { meterId: 1, point: 1, ts: 0, counts: 0n, quality: 0 };
const message = (batch: string, rows: number, replay = false, gatewayId = 1): Message => ({
  gateway: { ...gateway, id: gatewayId },
  head: { batch, seq: 0, replay, readings: rows },
  digest: Buffer.alloc(32),
  receivedAt: 0,
  source: 'mqtt',
  rows: Array.from({ length: rows }, () => row),
  failures: [],
  quarantined: [],
  payload: Buffer.alloc(0),
});
const stored: Outcome = { result: 'stored', quarantined: [] };

/** A writer whose transactions end when the test says so. */
function slowWriter() {
  const transactions: { names: (string | undefined)[]; commit: () => void; fail: (error: Error) => void }[] = [];
  const persist = (messages: readonly Message[]): Promise<Outcome[]> =>
    new Promise((done, fail) =>
      transactions.push({
        names: messages.map(({ head }) => head?.batch),
        commit: () => done(messages.map(() => stored)),
        fail,
      }),
    );
  return { transactions, persist };
}

test('one transaction at a time; what comes meanwhile goes together, live before replayed', async () => {
  const { transactions, persist } = slowWriter();
  const pace = new ReplayPace(performance.now());
  const batcher = new Batcher({ batchMs: 0, batchRows: 100, persist, pace });
  const first = batcher.push(message('a', 200));
  expect(transactions.map(({ names }) => names)).toEqual([['a']]);
  const others = [message('old', 5, true), message('b', 5), message('c', 5)].map((m) => batcher.push(m));
  expect(batcher.queuedRows).toBe(201 + 18);
  batcher.hurry();
  transactions[0]?.commit();
  expect(await first).toBe(stored);
  await new Promise((done) => setImmediate(done));
  expect(transactions[1]?.names).toEqual(['b', 'c', 'old']);
  transactions[1]?.commit();
  await Promise.all(others);
  expect(batcher.queuedRows).toBe(0);
});

test('a flood of live messages leaves a share to the replayed ones', async () => {
  const { transactions, persist } = slowWriter();
  const pace = new ReplayPace(performance.now());
  const batcher = new Batcher({ batchMs: 0, batchRows: 100, persist, pace });
  const pushed = [
    batcher.push(message('first', 200)),
    ...Array.from({ length: 20 }, (_, k) => batcher.push(message(`live ${k}`, 20))),
    ...Array.from({ length: 20 }, (_, k) => batcher.push(message(`old ${k}`, 20, true))),
  ];
  transactions[0]?.commit();
  await pushed[0];
  await new Promise((done) => setImmediate(done));
  const names = transactions[1]?.names ?? [];
  expect(names.filter((name) => name?.startsWith('live'))).toHaveLength(3);
  expect(names.filter((name) => name?.startsWith('old'))).toHaveLength(2);
});

test('a failure reaches exactly the messages of its transaction', async () => {
  const { transactions, persist } = slowWriter();
  const pace = new ReplayPace(performance.now());
  const batcher = new Batcher({ batchMs: 0, batchRows: 1, persist, pace });
  const first = batcher.push(message('a', 1));
  const second = batcher.push(message('b', 1));
  transactions[0]?.fail(new Error('stopped'));
  await expect(first).rejects.toThrow('stopped');
  await new Promise((done) => setImmediate(done));
  transactions[1]?.commit();
  expect(await second).toBe(stored);
});

test('a gateway that floods goes by turns with the others, and keeps its own order', async () => {
  const { transactions, persist } = slowWriter();
  const pace = new ReplayPace(performance.now());
  const batcher = new Batcher({ batchMs: 0, batchRows: 60, persist, pace });
  const pushed = [
    batcher.push(message('first', 200)),
    ...Array.from({ length: 50 }, (_, k) => batcher.push(message(`flood ${k}`, 9, false, 1))),
    ...[2, 3, 4].map((id) => batcher.push(message(`polite ${id}`, 9, false, id))),
  ];
  transactions[0]?.commit();
  await pushed[0];
  await new Promise((done) => setImmediate(done));
  expect(transactions[1]?.names).toEqual(['flood 0', 'polite 2', 'polite 3', 'polite 4', 'flood 1', 'flood 2']);
});

test('a backlog whose budget is used up waits; live messages go past it, and it goes on by itself', async () => {
  const { transactions, persist } = slowWriter();
  const pace = new ReplayPace(performance.now());
  const batcher = new Batcher({ batchMs: 0, batchRows: 10, persist, pace });
  pace.spend(20_000 + 4_000, performance.now());
  const old = batcher.push(message('old', 20, true));
  const live = batcher.push(message('live', 20));
  expect(transactions.map(({ names }) => names)).toEqual([['live']]);
  transactions[0]?.commit();
  await live;
  await new Promise((done) => setImmediate(done));
  expect(transactions).toHaveLength(1);
  while (transactions.length < 2) await new Promise((done) => setTimeout(done, 5));
  expect(transactions[1]?.names).toEqual(['old']);
  transactions[1]?.commit();
  await old;
});
