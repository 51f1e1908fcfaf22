import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { ReplayReport } from '../src/replay/replay.ts';
import { runGanzhi } from './system.ts';

const SERIES = fileURLToPath(
  new URL('../../../shared/data/eemeter-samples/uk-electricity-halfhourly-1.csv.gz', import.meta.url),
);

test('a real half-hourly series goes in at the meter and comes out of the ledger, hour by hour', {
  timeout: 240_000,
}, async () => {
  if (!existsSync(SERIES))
    throw new Error(`This test needs ${SERIES}: put the shared data folder beside the checkout.`);
  const { code, stdout, stderr } = await runGanzhi([
    'replay',
    '--csv',
    SERIES,
    '--template',
    'eastron-sdm630',
    '--json',
  ]);
  expect(stderr).not.toContain('unexpected failure');
  const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as ReplayReport;

  // 22,536 rows: 15 stand twice; four holes of half an hour and one of a day lie inside.
  expect(report.rejectedRows).toHaveLength(15);
  expect(report.hours).toEqual({ compared: 11_264, full: 11_257, partial: 7, gaps: 23 });
  expect(report.differences).toEqual([]);
  expect(report.ledgerKwh).toBeCloseTo(5554.87, 6);
  expect(Math.abs(report.ledgerKwh - report.seriesKwh)).toBeLessThanOrEqual(report.resolutionKwh);
  expect(report).toMatchObject({ equal: true, resolutionKwh: 0.01 });
  expect(code).toBe(0);
});

test('a file, template or institution that cannot be used is named, with exit code 1', async () => {
  const refusal = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await runGanzhi(['replay', ...args]);
    expect(code).toBe(1);
    expect(stderr).not.toMatch(/\n\s+at /);
    return stderr;
  };
  expect(await refusal('--csv', '/nowhere.csv', '--template', 'eastron-sdm630')).toContain(
    '/nowhere.csv cannot be read',
  );
  expect(await refusal('--csv', fileURLToPath(import.meta.url), '--template', 'eastron-sdm630')).toMatch(
    /start.*value/,
  );
  expect(await refusal('--csv', SERIES, '--template', 'acme-none')).toContain('acme-none');
  expect(await refusal('--csv', SERIES, '--template', 'eastron-sdm630', '--institution', 'CZ-9999')).toContain(
    '--institution CZ-9999',
  );
});
