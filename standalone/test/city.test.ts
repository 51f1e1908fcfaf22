import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { HOUR, parseInstant, quantityByCode } from '@ganzhi/schemas';
import { openDatabase } from '@ganzhi/schemas/db';
import pino from 'pino';
import { expect, test } from 'vitest';
import { type BatchRequest, profileOf, runBatch } from '../src/city/batch.ts';
import { runGanzhi, temporaryFolder } from './system.ts';

const FROM = Date.parse('2026-05-18T00:00:00+08:00');

interface TrueHour {
  meter: string;
  quantity: string;
  hour: string;
  counts: number;
}
interface LedgerHour {
  meter: string;
  hour: number;
  counts: bigint;
  ratio: bigint;
  coveredS: number;
}

/** A run with a database, a broker and a ledger of its own, and what the ledger says in the end. */
async function live(request: Partial<BatchRequest>) {
  const folder = temporaryFolder();
  const truthDir = join(folder.path, 'truth');
  let ledger: LedgerHour[] = [];
  try {
    const report = await runBatch({
      institutions: 5,
      days: 2,
      seed: 11,
      fromMs: FROM,
      faults: 'none',
      sockets: 0,
      truth: truthDir,
      quantities: ['energy.import', 'power', 'water.volume', 'gas.volume', 'heat.energy'],
      running: undefined,
      dataDir: join(folder.path, 'data'),
      ledger: true,
      logger: pino({ level: 'silent' }),
      say: () => {},
      onProgress: () => {},
      look: async (url) => {
        const db = await openDatabase({ url, role: 'ganzhi_owner', max: 1 });
        const { rows } = await db.query<LedgerHour>(
          `select m.code as meter, h.hour, h.counts, h.ratio, h.covered_s as "coveredS"
           from ledger.hour h join registry.meter m on m.id = h.meter_id
           where h.point = any($1)`,
          [['energy.import', 'water.volume', 'gas.volume', 'heat.energy'].map((code) => quantityByCode(code)?.id)],
        );
        ledger = rows;
        await db.end();
      },
      ...request,
    });
    const lines = <T>(text: string): T[] => text.split('\n').flatMap((line) => (line ? [JSON.parse(line) as T] : []));
    const read = (name: string) => readFileSync(join(truthDir, name));
    return {
      report,
      ledger: new Map(ledger.map((row) => [`${row.meter} ${row.hour}`, row])),
      truth: lines<TrueHour>(gunzipSync(read('consumption.jsonl.gz')).toString()),
      faults: lines<{ meter: string; kind: string }>(read('faults.jsonl').toString()),
    };
  } finally {
    folder.remove();
  }
}

const keyOf = ({ meter, hour }: TrueHour) => `${meter} ${parseInstant(hour)}`;

test('without faults the ledger equals the truth in every hour of every meter', async () => {
  const { report, ledger, truth, faults } = await live({ sockets: 0.4 });
  expect(report.socketGateways).toBeGreaterThan(0);
  expect(report.socketGateways).toBeLessThan(5);
  expect(faults).toEqual([]);
  expect(truth).toHaveLength(report.meters * 48);
  expect(report.stored).toMatchObject({ readings: report.readings, revisions: 0, quarantined: 0 });
  const wrong = truth.filter((hour) => {
    const row = ledger.get(keyOf(hour));
    return !row || row.counts * row.ratio !== BigInt(hour.counts) || row.coveredS !== HOUR / 1_000;
  });
  expect(wrong).toEqual([]);
  expect(ledger.size).toBe(truth.length);
});

test('with faults everything sent is stored, and meters that none struck are as true as before', async () => {
  const { report, ledger, truth, faults } = await live({ faults: 'heavy', institutions: 3, seed: 12 });
  expect(new Set(faults.map(({ kind }) => kind)).size).toBeGreaterThan(2);
  expect(report.stored?.quarantined).toBe(0);
  expect(report.stored?.readings).toBeLessThanOrEqual(report.readings);
  const struck = new Set(faults.map(({ meter }) => meter));
  const untouched = truth.filter(({ meter }) => !struck.has(meter));
  expect(untouched.length).toBeGreaterThan(100);
  for (const hour of untouched) {
    const row = ledger.get(keyOf(hour));
    expect((row?.counts ?? -1n) * (row?.ratio ?? 1n)).toBe(BigInt(hour.counts));
  }
});

test('a profile is one of three, or kinds of fault', () => {
  expect(profileOf('none').intensity).toBe(0);
  expect(profileOf('leak,gap').kinds).toEqual(['gap', 'leak']);
  expect(() => profileOf('leak,fire')).toThrow(/--faults takes none, default, heavy, or kinds/);
});

test('wrong options are exit code 2 and named', async () => {
  const run = (...args: string[]) => runGanzhi(['simulate', '--days', '2', ...args]);
  const future = await run('--from', '2099-01-01');
  expect(future).toMatchObject({ code: 2, stderr: expect.stringContaining('--from takes a date') });
  const sockets = await run('--sockets', '1.5');
  expect(sockets).toMatchObject({ code: 2, stderr: expect.stringContaining('--sockets takes a share') });
  const institutions = await run('--institutions', '0');
  expect(institutions).toMatchObject({ code: 2, stderr: expect.stringContaining('--institutions') });
});
