import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type DecodeFrameOptions, decodeFrame } from './decode-frame.ts';

/**
 * Frames from outside the project, one folder each: handbook vectors, manuals, public captures. `expect` names what must
 * be in the meaning; `origin` says where the bytes come from.
 */
const FOLDERS = ['../drivers/dlt645/testcases/', '../drivers/cjt188/testcases/', './testcases/'];

type Case = DecodeFrameOptions & { name: string; origin: string; expect: Record<string, unknown> };

const cases = FOLDERS.flatMap((folder) => {
  const url = new URL(folder, import.meta.url);
  return readdirSync(url).map((name): Case => {
    const file = readFileSync(new URL(`${name}/case.json`, url), 'utf8');
    return { ...(JSON.parse(file) as Omit<Case, 'name'>), name };
  });
});

test.each(cases)('$protocol $name ($origin)', ({ name: _, origin, expect: wanted, ...options }) => {
  expect(origin).not.toBe('');
  const meaning = decodeFrame(options);
  expect(meaning).toMatchObject(wanted);
  expect('error' in meaning).toBe('error' in wanted);
  expect(JSON.parse(JSON.stringify(meaning))).toEqual(meaning);
});
