import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cut, decodeCursor, encodeCursor } from './page.ts';

const types = { value: 'numeric', id: 'int4' } as const;

test('a cursor comes back as it was made', () => {
  fc.assert(
    fc.property(fc.option(fc.integer().map(String)), fc.nat({ max: 999_999_999 }).map(String), (value, id) => {
      expect(decodeCursor('-today', encodeCursor('-today', { value, id }), types)).toEqual({ value, id });
    }),
  );
});

test('whatever else stands in a cursor is refused, never passed on', () => {
  const forged = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64url');
  const cursors = [
    '',
    'x',
    '%',
    forged(null),
    forged(['-today', '1; drop table x', '1']),
    forged(['-today', '1', "1'"]),
  ];
  for (const cursor of [...cursors, forged(['today', '1', '1']), forged(['-today', 1, 1])]) {
    expect(() => decodeCursor('-today', cursor, types)).toThrow(/cursor/);
  }
});

test('the last page has no next', () => {
  const position = (row: number) => ({ value: String(row), id: String(row) });
  expect(cut([1, 2], 2, 'x', position)).toEqual({ rows: [1, 2], nextCursor: null });
  expect(cut([1, 2, 3], 2, 'x', position)).toEqual({
    rows: [1, 2],
    nextCursor: encodeCursor('x', { value: '2', id: '2' }),
  });
});
