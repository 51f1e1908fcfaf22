import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

const drain = (turns: Turns<string>): string[] => {
  const order: string[] = [];
  for (let item = turns.next(); item !== undefined; item = turns.next()) order.push(item);
  return order;
};

test('each gateway has its turn, its own items in order', () => {
  const turns = new Turns<string>();
  for (const item of ['a1', 'a2', 'a3', 'a4']) turns.push(1, item);
  turns.push(2, 'b1');
  turns.push(3, 'c1');
  turns.push(2, 'b2');
  expect(turns.size).toBe(7);
  expect(drain(turns)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  expect(turns.size).toBe(0);
});

test('who may not go loses neither place nor order, and does not hold up the others', () => {
  const turns = new Turns<string>();
  turns.push(1, 'a1');
  turns.push(1, 'a2');
  turns.push(2, 'b1');
  expect(turns.next((item) => item.startsWith('b'))).toBe('b1');
  expect(turns.next((item) => item.startsWith('b'))).toBeUndefined();
  turns.push(2, 'b2');
  expect(drain(turns)).toEqual(['a1', 'b2', 'a2']);
});

test('an item that is taken out is forgotten, and twice is once', () => {
  const turns = new Turns<string>();
  turns.push(1, 'a1');
  turns.push(1, 'a2');
  turns.delete(1, 'a1');
  turns.delete(1, 'a1');
  turns.delete(9, 'a2');
  expect(turns.size).toBe(1);
  expect(drain(turns)).toEqual(['a2']);
});
