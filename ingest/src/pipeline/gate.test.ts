import { expect, test } from 'vitest';
import { Gate, type Lane, laneOf } from './gate.ts';
import type { Outcome } from './message.ts';
import { UnderWay } from './under-way.ts';

const outcome: Outcome = { result: 'stored', quarantined: [] };

const { signal } = new AbortController();
const enter = (gate: Gate, gatewayId: number, bytes: number, lane: Lane = 'live', sender = signal): Promise<void> =>
  gate.enter({ gatewayId, bytes, lane, sender });

test('beyond its capacity the gate lets in by turns', async () => {
  const gate = new Gate(10);
  const order: string[] = [];
  await enter(gate, 1, 8);
  await enter(gate, 2, 8);
  const waiting = ['a', 'b'].map((name, k) => enter(gate, 3 + k, 8).then(() => order.push(name)));
  expect(gate.waiting).toBe(2);
  gate.leave(1, 8);
  await waiting[0];
  expect(order).toEqual(['a']);
  gate.leave(2, 8);
  await waiting[1];
  expect(order).toEqual(['a', 'b']);
});

test('live messages pass those of a backlog, in room of their own', async () => {
  const gate = new Gate(80);
  const order: string[] = [];
  await enter(gate, 1, 80, 'replay');
  const old = enter(gate, 2, 8, 'replay').then(() => order.push('old'));
  await enter(gate, 3, 8);
  await enter(gate, 4, 8);
  const live = enter(gate, 5, 8).then(() => order.push('live'));
  expect(gate.waiting).toBe(2);
  gate.leave(3, 8);
  await live;
  expect(order).toEqual(['live']);
  gate.leave(1, 80);
  await old;
});

test('a gateway that floods holds an eighth of the room: the others come in past it, and it goes on as it is served', async () => {
  const gate = new Gate(80);
  let flooded = 0;
  const flood = Array.from({ length: 100 }, () => enter(gate, 1, 5).then(() => (flooded += 1)));
  await Promise.all(flood.slice(0, 2));
  expect([flooded, gate.waiting]).toEqual([2, 98]);
  for (let other = 2; other <= 9; other += 1) await enter(gate, other, 8);
  for (let served = 2; served < 100; served += 1) {
    gate.leave(1, 5);
    await flood[served];
    expect(flooded).toBe(served + 1);
  }
});

test('when the gate is full, room is given by turns: a flood that came first does not go first', async () => {
  const gate = new Gate(80);
  const order: string[] = [];
  for (let other = 10; other < 22; other += 1) await enter(gate, other, 8);
  const waiting = [
    ...Array.from({ length: 5 }, () => enter(gate, 1, 8).then(() => order.push('flood'))),
    ...[2, 3, 4].map((id) => enter(gate, id, 8).then(() => order.push(`polite ${id}`))),
  ];
  for (let other = 10; other < 15; other += 1) gate.leave(other, 8);
  await Promise.all([waiting[0], ...waiting.slice(5)]);
  expect(order.slice(0, 4)).toEqual(['flood', 'polite 2', 'polite 3', 'polite 4']);
});

test('the lane is read from the head of a message', () => {
  const head = '{"v":1,"batch":"0190b0a0-0000-7000-8000-000000000000","seq":1,"sentAt":"2026-11-23T00:00:00+08:00",';
  expect(laneOf(Buffer.from(`${head}"replay":true,"readings":[]}`))).toBe('replay');
  expect(laneOf(Buffer.from(`${head}"replay":false,"readings":[]}`))).toBe('live');
  expect(laneOf(Buffer.from('not ours'))).toBe('live');
});

test('who leaves while waiting is forgotten at once', async () => {
  const gate = new Gate(1);
  await enter(gate, 1, 8);
  const sender = new AbortController();
  const waiting = [enter(gate, 1, 8, 'live', sender.signal), enter(gate, 2, 8, 'live', sender.signal)];
  sender.abort(new Error('left'));
  for (const promise of waiting) await expect(promise).rejects.toThrow('left');
  expect(gate.waiting).toBe(0);
  await expect(enter(gate, 1, 8, 'live', sender.signal)).rejects.toThrow('left');
});

test('of those who wait for one message, who has left hears nothing and the others hear all', async () => {
  const message = new UnderWay();
  const sender = new AbortController();
  const gone = message.wait(sender.signal);
  const staying = message.wait(new AbortController().signal);
  sender.abort(new Error('left'));
  message.settle(outcome);
  await expect(gone).rejects.toThrow('left');
  expect(await staying).toBe(outcome);
});
