import { expect, test } from 'vitest';
import { lineOf } from './locate.ts';

const TYPESCRIPT = `export const acme = {
  id: 'acme-x1',
  points: [
    { quantity: 'power', fc: 3, address: 12 },
    {
      quantity: 'energy.import',
      scale: 0.01,
    },
  ],
};`;

test.each([
  [{ field: 'id' }, 2],
  [{ index: 0, field: 'address' }, 4],
  [{ index: 1 }, 6],
  [{ index: 1, field: 'scale' }, 7],
  [{ index: 1, field: 'modulus' }, 6],
  [{ index: 2 }, undefined],
  [{ field: 'vendor' }, undefined],
])('%o stands in line %s', (place, line) => expect(lineOf(TYPESCRIPT, place)).toBe(line));

test('a JSON document has lines too', () => {
  const json = JSON.stringify({ id: 'x', points: [{ quantity: 'power', scale: 2 }] }, null, 2);
  expect(lineOf(json, { index: 0, field: 'scale' })).toBe(6);
});
