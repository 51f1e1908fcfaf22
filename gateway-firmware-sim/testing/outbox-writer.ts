import { openOutbox } from '../firmware/outbox/index.ts';

/** Writes batches without end and prints each one's id after it is stored; the kill test ends it. */
const outbox = openOutbox({ path: process.argv[2] ?? '' });
let last = outbox.next('live', 0, 1_000_000).at(-1)?.id ?? 0;
for (let i = 0; ; i += 1) {
  outbox.append('live', { readings: [{ m: 'M1', p: 'power', t: i, x: i, q: 0 }], errors: [] }, Date.now());
  for (const { id, batch } of outbox.next('live', last, 10)) {
    last = id;
    process.stdout.write(`${batch}\n`);
  }
  if (i % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
}
