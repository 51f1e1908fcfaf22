import { expect, test } from 'vitest';
import { Gate } from './gate.ts';
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
