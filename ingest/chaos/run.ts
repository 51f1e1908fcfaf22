import { setTimeout as sleep } from 'node:timers/promises';
import { type Books, compareBooks } from './books.ts';
import { faults } from './faults.ts';
import { type Rig, startRig } from './rig.ts';
import { Seeded } from './seeded.ts';

export interface ChaosOptions {
  seed: number;
  /** Faults go on for so long; each kind strikes once at least, however short that is. */
  seconds: number;
  gateways: number;
  /** Batches of 20 readings a second, all gateways together. */
  batchesPerSecond: number;
  /** How long the database stands still, and the keepalive of the gateways meanwhile. */
  pauseMs: number;
  keepaliveS: number;
  say: (line: string) => void;
}

export interface ChaosReport extends Books {
  seed: number;
  faults: string[];
  seconds: number;
  reconnects: number;
  /** Batches sent again because nobody answered. */
  resent: number;
  ingestStarts: number;
}

/** Longest wait for the network to recover from one fault: beyond it the run has failed. */
const RECOVERY_MS = 120_000;

/**
 * Lets gateways work while everything around them is killed, stopped and cut, and compares the books: nothing that was
 * acknowledged may be missing after any fault, and in the end the database has every reading once, with its value.
 *
 * @throws when the network does not recover in time, or an acknowledged batch is missing
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, seconds, gateways, batchesPerSecond, pauseMs, keepaliveS, say } = options;
  const random = new Seeded(seed);
  const rig = await startRig({ gateways, seed, keepaliveS, patienceMs: 3_000 });
  const producing = setInterval(() => rig.gateways[random.between(0, gateways - 1)]?.make(), 1_000 / batchesPerSecond);
  const began = performance.now();
  const struck: string[] = [];
  try {
    await recovered(rig);
    const kinds = faults({ pauseMs }).filter(({ name }) => rig.broker || !/outside|competing/.test(name));
    let round = random.shuffled(kinds);
    while (round.length > 0 || performance.now() - began < seconds * 1_000) {
      if (round.length === 0) round = random.shuffled(kinds);
      const fault = round.shift();
      if (!fault) break;
      await sleep(random.between(200, 2_000));
      say(`${((performance.now() - began) / 1_000).toFixed(1)} s  ${fault.name}`);
      struck.push(fault.name);
      await fault.strike(rig, random);
      await recovered(rig);
      const books = await compareBooks(rig.database.running.adminUrl, rig.gateways);
      if (books.missing > 0) throw new Error(`${books.missing} acknowledged batches are missing after: ${fault.name}`);
      say(`        recovered: ${books.acknowledged} readings acknowledged, ${books.stored} stored`);
    }
    clearInterval(producing);
    await until(() => rig.gateways.every(({ waiting }) => waiting === 0), 'outboxes are not empty');
    return {
      seed,
      faults: struck,
      seconds: Math.round((performance.now() - began) / 100) / 10,
      reconnects: rig.gateways.reduce((total, gateway) => total + gateway.reconnects, 0),
      resent: rig.gateways.reduce((total, gateway) => total + gateway.repeated, 0),
      ingestStarts: [rig.embedded, ...rig.competing].reduce((total, { starts }) => total + starts, 0),
      ...(await compareBooks(rig.database.running.adminUrl, rig.gateways)),
    };
  } finally {
    clearInterval(producing);
    await rig.stop();
  }
}

/** True of a report in which nothing was lost, doubled or changed. */
export const balanced = ({
  made,
  acknowledged,
  stored,
  missing,
  wrong,
  revisions,
  quarantined,
  refused,
}: Books): boolean =>
  made === acknowledged && made === stored && missing + wrong + revisions + quarantined + refused === 0;

/** Every gateway has something acknowledged that it made after now. */
async function recovered({ gateways }: Rig): Promise<void> {
  const before = gateways.map(({ acknowledged }) => acknowledged.length);
  for (const gateway of gateways) gateway.make();
  await until(
    () => gateways.every((gateway, g) => gateway.acknowledged.length > (before[g] ?? 0)),
    'gateways wait for an acknowledgement',
  );
}

async function until(condition: () => boolean, otherwise: string): Promise<void> {
  const giveUpAt = performance.now() + RECOVERY_MS;
  while (!condition()) {
    if (performance.now() > giveUpAt) throw new Error(`After ${RECOVERY_MS / 1_000} s ${otherwise}.`);
    await sleep(50);
  }
}
