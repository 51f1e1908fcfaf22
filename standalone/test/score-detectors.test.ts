import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runGanzhi, temporaryFolder } from './system.ts';

interface Kind {
  events: number;
  found: number;
  findings: number;
  right: number;
  wrong: number;
  leftOut: Record<string, number>;
}
interface Scored {
  detectors: {
    kinds: Record<string, Kind>;
    falseAlarms: { findings: number; meterYears: number; perMeterYear: number };
  };
}

/** What only weeks can tell: what is usual for a meter. */
const NEED_WEEKS = ['leak', 'ac-left-on', 'ct-misset', 'swapped-children'];

/** Two commands, nothing running: the truth keeps the database that it is about. */
async function simulatedAndScored(faults: string): Promise<Scored['detectors']> {
  const folder = temporaryFolder();
  try {
    const truth = join(folder.path, 'truth');
    const env = { GANZHI_DATA_DIR: join(folder.path, 'no-network') };
    const city = ['--institutions', '3', '--days', '3', '--seed', '12', '--from', '2026-05-18'];
    const simulated = await runGanzhi(['simulate', ...city, '--faults', faults, '--truth', truth], env);
    expect(simulated.code).toBe(0);
    const { code, stdout, stderr } = await runGanzhi(['score', '--truth', truth, '--json'], env);
    expect([code, stderr]).toEqual([0, '']);
    const { detectors }: Scored = JSON.parse(stdout);
    return detectors;
  } finally {
    folder.remove();
  }
}

test('simulate, then score: faults are found by kind, and next to nothing is found that is not there', async () => {
  const { kinds, falseAlarms } = await simulatedAndScored('heavy');
  const all = Object.entries(kinds).flatMap(([kind, score]) => (NEED_WEEKS.includes(kind) ? [] : [score]));
  const sum = (what: 'events' | 'found' | 'right' | 'wrong') => all.reduce((total, kind) => total + kind[what], 0);
  expect(all.filter(({ found }) => found > 0).length).toBeGreaterThan(6);
  expect(sum('events')).toBeGreaterThan(20);
  expect(sum('found') / sum('events')).toBeGreaterThan(0.9);
  expect(sum('right') / (sum('right') + sum('wrong'))).toBeGreaterThan(0.8);
  expect(falseAlarms.findings).toBeGreaterThanOrEqual(sum('wrong'));
  expect(falseAlarms.perMeterYear).toBeCloseTo(falseAlarms.findings / falseAlarms.meterYears, 9);
});
