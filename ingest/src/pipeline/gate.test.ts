import { expect, test } from 'vitest';
import { Gate, laneOf } from './gate.ts';
import type { Outcome } from './message.ts';
import { UnderWay } from './under-way.ts';

const outcome: Outcome = { result: 'stored', quarantined: [] };

test('beyond its capacity the gate lets in by turns', async () => {
  const gate = new Gate(10);
  const { signal } = new AbortController();
  const order: string[] = [];
  await gate.enter(8, signal);
  await gate.enter(8, signal);
  const waiting = ['a', 'b'].map((name) => gate.enter(8, signal).then(() => order.push(name)));
  expect(gate.waiting).toBe(2);
  gate.leave(8);
  await waiting[0];
  expect(order).toEqual(['a']);
  gate.leave(8);
  await waiting[1];
  expect(order).toEqual(['a', 'b']);
});

test('live messages pass those of a backlog, in room of their own', async () => {
  const gate = new Gate(80);
  const { signal } = new AbortController();
  const order: string[] = [];
  await gate.enter(80, signal, 'replay');
  const old = gate.enter(8, signal, 'replay').then(() => order.push('old'));
  await gate.enter(8, signal, 'live');
  await gate.enter(8, signal, 'live');
  const live = gate.enter(8, signal, 'live').then(() => order.push('live'));
  expect(gate.waiting).toBe(2);
  gate.leave(8);
  await live;
  expect(order).toEqual(['live']);
  gate.leave(80);
  await old;
});

test('the lane is read from the head of a message', () => {
  const head = '{"v":1,"batch":"0190b0a0-0000-7000-8000-000000000000","seq":1,"sentAt":"2026-11-23T00:00:00+08:00",';
  expect(laneOf(Buffer.from(`${head}"replay":true,"readings":[]}`))).toBe('replay');
  expect(laneOf(Buffer.from(`${head}"replay":false,"readings":[]}`))).toBe('live');
  expect(laneOf(Buffer.from('not ours'))).toBe('live');
});

test('who leaves while waiting is forgotten at once', async () => {
  const gate = new Gate(1);
  await gate.enter(8, new AbortController().signal);
  const sender = new AbortController();
  const waiting = [gate.enter(8, sender.signal), gate.enter(8, sender.signal)];
  sender.abort(new Error('left'));
  for (const promise of waiting) await expect(promise).rejects.toThrow('left');
  expect(gate.waiting).toBe(0);
  await expect(gate.enter(8, sender.signal)).rejects.toThrow('left');
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
