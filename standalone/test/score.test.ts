import { join } from 'node:path';
import { openDatabase } from '@ganzhi/schemas/db';
import pino from 'pino';
import { expect, test } from 'vitest';
import { runBatch } from '../src/city/batch.ts';
import { runGanzhi, temporaryFolder } from './system.ts';

interface Summary {
  meterHours: number;
  exact: number;
  median: number;
  p99: number;
  max: number;
}
interface Scored {
  seed: number;
  profile: string;
  ledger: {
    conserved: { registers: number; differing: number; share: number };
    energyKnown: number;
    unknownHours: number;
    all: Summary;
    byKind: Record<string, Summary>;
  };
}

/** Kinds of fault of this run's seed after which every register came in the end, so that every hour must be right. */
const HARMLESS = ['duplicate', 'reordering', 'late-backfill', 'division-outage', 'leak', 'ac-left-on', 'rollover'];

test('simulate, ledger, score: a table by kind of fault as JSON; a changed row makes it worse', async () => {
  const folder = temporaryFolder();
  const truth = join(folder.path, 'truth');
  const dataDir = join(folder.path, 'data');
  const found: Scored[] = [];
  let tried: { meters: number; inForce: { flags: number }; proposed: { flags: number } } | undefined;
  const score = async (): Promise<void> => {
    const { code, stdout, stderr } = await runGanzhi(['score', '--truth', truth, '--json'], {
      GANZHI_DATA_DIR: dataDir,
    });
    expect([code, stderr]).toEqual([0, '']);
    found.push(JSON.parse(stdout));
  };
  try {
    await runBatch({
      ...{
        institutions: 3,
        days: 3,
        seed: 12,
        fromMs: Date.parse('2026-05-18T00:00:00+08:00'),
        faults: 'heavy',
        sockets: 0,
      },
      ...{ truth, dataDir, running: undefined, ledger: true, logger: pino({ level: 'silent' }) },
      quantities: ['energy.import', 'water.volume', 'gas.volume', 'heat.energy'],
      say: () => {},
      onProgress: () => {},
      look: async (url) => {
        await score();
        const owner = await openDatabase({ url, role: 'ganzhi_owner', max: 1 });
        // the meter with the largest hour: a tenth more in one of its hours
        const { rowCount } = await owner.query(
          `update ledger.hour set counts = counts + counts / 10 where (meter_id, point, hour) in (
             select meter_id, point, hour from ledger.hour order by counts * ratio desc limit 1)`,
        );
        expect(rowCount).toBe(1);
        await owner.end();
        await score();
        const span = ['--from', '2026-05-18', '--to', '2026-05-21', '--json'];
        const dry = await runGanzhi(['vee', '--rule', 'V6', '--value', '900', ...span], { GANZHI_DATA_DIR: dataDir });
        expect([dry.code, dry.stderr]).toEqual([0, '']);
        tried = JSON.parse(dry.stdout);
      },
    });
  } finally {
    folder.remove();
  }
  const [before, after] = found;
  if (!before || !after) throw new Error('the score ran twice');
  expect([before.seed, before.profile]).toEqual([12, 'heavy']);
  expect(before.ledger.conserved).toMatchObject({ differing: 0, share: 1 });
  expect(before.ledger.all).toMatchObject({ median: 0 });
  const kinds = Object.entries(before.ledger.byKind).filter(([kind]) => HARMLESS.includes(kind));
  expect(kinds.length).toBeGreaterThan(1);
  for (const [kind, { exact, p99 }] of kinds) expect([kind, exact, p99]).toEqual([kind, 1, 0]);

  expect(after.ledger.conserved.differing).toBe(1);
  expect(after.ledger.all.exact).toBeLessThan(before.ledger.all.exact);
  expect(after.ledger.energyKnown).toBeGreaterThan(before.ledger.energyKnown);

  // the dry run by command, over every meter: gaps as the rule has them, none that is 900 intervals long
  expect(tried?.meters).toBe(before.ledger.conserved.registers);
  expect(tried?.inForce.flags).toBeGreaterThan(0);
  expect(tried?.proposed.flags).toBe(0);
});
