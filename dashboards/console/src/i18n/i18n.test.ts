import { expect, test } from 'vitest';
import { en } from './en.ts';
import { rememberedLanguage } from './language.ts';
import { zh } from './zh.ts';

type Entry = [path: string, value: unknown];

/** Every leaf of a dictionary with its path. */
const leaves = (value: unknown, path = ''): Entry[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`))
    : [[path, value]];

/** What a leaf says, its parameters filled with their numbers. */
const said = (value: unknown): string =>
  typeof value === 'function'
    ? String(value(...Array.from({ length: value.length }, (_, i) => `{${i}}`)))
    : String(value);

test('both languages say the same things', () => {
  expect(
    leaves(en)
      .map(([path]) => path)
      .sort(),
  ).toEqual(
    leaves(zh)
      .map(([path]) => path)
      .sort(),
  );
});

test('a sentence uses all of its parameters in both languages', () => {
  for (const [path, value] of [...leaves(zh), ...leaves(en)]) {
    const text = said(value);
    expect(text.trim(), path).not.toBe('');
    if (typeof value === 'function') {
      for (let i = 0; i < value.length; i += 1) expect(text, path).toContain(`{${i}}`);
    }
  }
  const arity = (entries: Entry[]) =>
    new Map(entries.map(([path, v]) => [path, typeof v === 'function' ? v.length : -1]));
  expect(arity(leaves(en))).toEqual(arity(leaves(zh)));
});

test('English is English', () => {
  const chinese = leaves(en).filter(([, value]) => /\p{Script=Han}/u.test(said(value)));
  // The switch names the other language in that language.
  expect(chinese.map(([path]) => path)).toEqual(['.language.switchTo']);
});

test('Chinese until somebody chooses', () => {
  expect(rememberedLanguage({ getItem: () => null })).toBe('zh');
  expect(rememberedLanguage({ getItem: () => 'en' })).toBe('en');
  expect(rememberedLanguage({ getItem: () => 'fr' })).toBe('zh');
});
