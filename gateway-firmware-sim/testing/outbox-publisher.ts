/**
 * A gateway's outbox and publisher in a process of their own, to be killed: makes one batch after another, each with the next
 * number as its only reading. The number is noted in the batch's transaction, so a restart goes on where it was.
 *
 *     node outbox-publisher.ts FOLDER MQTT_URL LAST
 */
import { join } from 'node:path';
import pino from 'pino';
import { systemClock } from '../firmware/clock/index.ts';
import { openOutbox } from '../firmware/outbox/index.ts';
import { createPublisher } from '../firmware/publisher/publisher.ts';

const [folder = '', mqttUrl = '', last = '0'] = process.argv.slice(2);
/** Batches that may wait: the broker sets the pace. */
const MOST_WAITING = 50;

const outbox = openOutbox({ path: join(folder, 'outbox.db') });
const publisher = createPublisher({
  ...{ gateway: 'GW-KILL', token: 'secret', mqttUrl, outbox, clock: systemClock, liveForMs: 200 },
  meta: () => ({ v: 1, firmware: 'test', startedAt: 0, meters: [], simulatedTime: false }),
  logger: pino({ level: 'silent' }),
  reconnectMs: { min: 5, max: 50 },
  replay: { defaultPerS: 5_000 },
});
publisher.start();
let number = Number(outbox.note('number') ?? 0);
while (number < Number(last)) {
  while (outbox.depth().batches >= MOST_WAITING) await new Promise((resolve) => setTimeout(resolve, 2));
  number += 1;
  const reading = { m: 'M1', p: 'power', t: number, x: number, q: 0 };
  outbox.append('live', { readings: [reading], errors: [] }, Date.now(), { key: 'number', value: String(number) });
  if (number % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
}
