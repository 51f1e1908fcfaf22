/**
 * An outbox on a disk that is full: files may grow to a limit that the test has set. Takes its orders as lines of JSON and
 * answers each with what the outbox says.
 */
import { createInterface } from 'node:readline';
import { openOutbox } from '../firmware/outbox/index.ts';

const troubles: string[] = [];
const outbox = openOutbox({
  path: process.argv[2] ?? '',
  maxMemoryBytes: Number(process.argv[3]),
  onTrouble: (trouble) => troubles.push(trouble ? 'full' : 'well'),
});
let number = 0;
const harvest = () => ({
  readings: Array.from({ length: 500 }, () => {
    number += 1;
    return { m: 'M1', p: 'power', t: number, x: number, q: 0 };
  }),
  errors: [],
});

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as { append?: number; close?: boolean };
  for (let i = 0; i < (order.append ?? 0); i += 1) outbox.append('live', harvest(), Date.now());
  const sent = outbox.next('live', 0, 10_000).map(({ payload }) => JSON.parse(payload).seq as number);
  const events = outbox.events.take(10).map(({ event }) => event);
  outbox.events.restart();
  process.stdout.write(`${JSON.stringify({ sent, events, troubles, depth: outbox.depth() })}\n`);
  if (order.close) break;
}
outbox.close();
process.exit(0);
