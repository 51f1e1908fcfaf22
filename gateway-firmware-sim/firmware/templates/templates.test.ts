import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { eastronSdm630 } from './eastron-sdm630.ts';
import { register, TEMPLATES, templateById } from './index.ts';

test('every template file is listed, under its own name', () => {
  const files = readdirSync(new URL('.', import.meta.url))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => name.replace('.ts', ''))
    .filter((name) => name !== 'index' && name !== 'shape');
  expect([...TEMPLATES.keys()].sort()).toEqual(files.sort());
});

test('a template that stands twice is refused, an unknown one is named with what there is', () => {
  expect(() => register([eastronSdm630, eastronSdm630])).toThrow('listed twice');
  expect(() => templateById('acme-x1')).toThrow(/acme-x1 is unknown; known: acrel-dtsd1352, eastron-sdm630/);
});

test('every template offers the booked register', () => {
  for (const { points } of TEMPLATES.values())
    expect(points.map(({ quantity }) => quantity)).toContain('energy.import');
});
