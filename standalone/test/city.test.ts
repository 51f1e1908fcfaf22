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

const COUNTERS = ['energy.import', 'water.volume', 'gas.volume', 'heat.energy'];

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

interface FaultLine {
  meter: string;
  kind: string;
  announced?: boolean;
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
      seed: 20,
      fromMs: FROM,
      faults: 'none',
      sockets: 0,
      truth: truthDir,
      quantities: COUNTERS,
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
          [COUNTERS.map((code) => quantityByCode(code)?.id)],
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
      faults: lines<FaultLine>(read('faults.jsonl').toString()),
      records: lines<{ event: string; meter: string }>(read('registry.jsonl').toString()),
    };
  } finally {
    folder.remove();
  }
}

const keyOf = ({ meter, hour }: TrueHour) => `${meter} ${parseInstant(hour)}`;

test('without faults the ledger equals the truth in every hour of every meter', async () => {
  const { report, ledger, truth, faults } = await live({ sockets: 0.3 });
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

/** Faults after which every hour must still be right to the count: consumed, come round, or delivered in another way. */
const HARMLESS = ['leak', 'ac-left-on', 'rollover', 'duplicate', 'reordering', 'late-backfill', 'division-outage'];

test('with faults everything sent is stored, and hours are right wherever all registers came in the end', async () => {
  const { report, ledger, truth, faults } = await live({ faults: 'heavy', institutions: 3, seed: 12 });
  expect(report.stored?.quarantined).toBe(0);
  expect(report.stored?.readings).toBeLessThanOrEqual(report.readings);
  const harmed = new Set(faults.flatMap(({ meter, kind }) => (HARMLESS.includes(kind) ? [] : [meter])));
  const harmless = new Set(faults.flatMap(({ kind }) => (HARMLESS.includes(kind) ? [kind] : [])));
  expect(harmed.size).toBeGreaterThan(0);
  expect(harmless.size).toBeGreaterThan(1);
  const checked = truth.filter(({ meter }) => !harmed.has(meter));
  expect(checked.length).toBeGreaterThan(1_000);
  const wrong = checked.filter((hour) => {
    const row = ledger.get(keyOf(hour));
    return !row || row.counts * row.ratio !== BigInt(hour.counts);
  });
  expect(wrong).toEqual([]);
});

test('of a replacement that was announced, the ledger makes to the count what was consumed', async () => {
  const { ledger, truth, faults, records } = await live({ faults: 'replacement', institutions: 3, seed: 9 });
  const announced = new Set(faults.flatMap((fault) => (fault.announced ? [fault.meter] : [])));
  expect(announced.size).toBeGreaterThan(0);
  expect(new Set(records.map(({ meter }) => meter))).toEqual(announced);
  const wrong = truth.filter((hour) => {
    const row = ledger.get(keyOf(hour));
    return announced.has(hour.meter) && (!row || row.counts * row.ratio !== BigInt(hour.counts));
  });
  expect(wrong).toEqual([]);
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
  const sites = await run('--sites', '3');
  expect(sites).toMatchObject({ code: 2, stderr: expect.stringContaining('--sites does not go with --days') });
  const faults = await runGanzhi(['simulate', '--faults', 'none']);
  expect(faults).toMatchObject({ code: 2, stderr: expect.stringContaining('--faults needs --days') });
  const institutions = await run('--institutions', '0');
  expect(institutions).toMatchObject({ code: 2, stderr: expect.stringContaining('--institutions') });
});
