import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import cases from './cases.json' with { type: 'json' };
import { importViolations, isPureFile, isToolFile, type Manifest, purityViolations, WORKSPACES } from './rules.ts';
import { sourcesOf } from './scan.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MAX_LINES = 400;
const GENERATED = /\/generated\.ts$|\.generated\.ts$/;

const names = z.record(z.string(), z.string()).default({});
const PackageJson = z.object({ dependencies: names, optionalDependencies: names, devDependencies: names });

function manifestOf(folder: string): Manifest {
  const file = PackageJson.parse(JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')));
  return {
    dependencies: [...Object.keys(file.dependencies), ...Object.keys(file.optionalDependencies)],
    devDependencies: Object.keys(file.devDependencies),
  };
}

const rootManifest = manifestOf('.');

describe.each(Object.keys(WORKSPACES))('%s', (workspace) => {
  const sources = sourcesOf(ROOT, workspace);
  const manifest = manifestOf(workspace);

  test('imports only what the design allows and its package.json declares', () => {
    expect(sources.flatMap((file) => importViolations(file, manifest, rootManifest))).toEqual([]);
  });

  test('rules and codecs reach no input, output, clock or framework', () => {
    const texts = new Map(sources.map(({ path, text }) => [path, text]));
    const pure = sources.map(({ path }) => path).filter(isPureFile);
    expect(pure.flatMap((path) => purityViolations(path, texts))).toEqual([]);
  });

  test(`no hand-written source is longer than ${MAX_LINES} lines`, () => {
    const long = sources
      .filter(({ path }) => !isToolFile(path) && !GENERATED.test(path))
      .filter(({ text }) => text.split('\n').length - 1 > MAX_LINES);
    expect(long.map(({ path }) => path)).toEqual([]);
  });
});

test('the list of workspaces is the one npm knows, in the same order', () => {
  const { workspaces } = z
    .object({ workspaces: z.array(z.string()) })
    .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
  expect(Object.keys(WORKSPACES)).toEqual(workspaces);
});

describe('the detector itself', () => {
  const violations = (path: string, text: string) =>
    importViolations({ path, text }, manifestOf(path.split('/')[0] ?? ''), rootManifest);

  // What the case needs declared is declared here, so that it does not change with somebody's package.json.
  test.each(cases.allowed)('%s may: %s', (path = '', text = '') => {
    const declared = { dependencies: ['@ganzhi/schemas', '@ganzhi/analytics', '@ganzhi/api'], devDependencies: [] };
    const upstream = { dependencies: [], devDependencies: ['vitest', '@ganzhi/gateway-firmware-sim'] };
    expect(importViolations({ path, text }, declared, upstream)).toEqual([]);
  });

  test.each(cases.refused)('%s may not: %s', (path = '', text = '', problem = '') => {
    expect(violations(path, text)).toEqual([`${path}: ${problem}`]);
  });

  test.each(cases.impure)('a rule may not: %s', (text = '', problem = '') => {
    const files = new Map([
      ['analytics/src/rules/x.ts', text],
      ['analytics/src/rules/sql.ts', "import pg from 'pg';"],
    ]);
    expect(purityViolations('analytics/src/rules/x.ts', files)).toEqual([`analytics/src/rules/x.ts: ${problem}`]);
  });

  test('knows a pure file by its place', () => {
    expect(
      ['analytics/src/rules/quota.ts', 'api/src/modules/x/rules.ts', 'ingest/src/codec/y.ts'].filter(isPureFile),
    ).toHaveLength(3);
    expect(['analytics/src/rules/quota.test.ts', 'api/src/modules/x/sql.ts'].filter(isPureFile)).toEqual([]);
  });
});
