import { testDatabase } from '@ganzhi/schemas/testing';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { int2Array, int4Array, int8Array, timestamptzArray } from './binary.ts';

const database = await testDatabase();
afterAll(() => database.drop());
const db = await database.open('ganzhi_ingest');

const INT8 = 2n ** 63n;
const row = fc.record({
  small: fc.integer({ min: -32_768, max: 32_767 }),
  middle: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  large: fc.bigInt({ min: -INT8, max: INT8 - 1n }),
  // before and after 2000-01-01, where PostgreSQL begins to count
  ts: fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2200, 0, 1) }),
});

test('PostgreSQL reads back what was written, to the last bit and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 40 }), async (rows) => {
      const { rows: read } = await db.query(
        'select small, middle, large, ts from unnest($1::int2[], $2::int4[], $3::int8[], $4::timestamptz[]) with ordinality as u(small, middle, large, ts, n) order by n',
        [
          int2Array(rows, ({ small }) => small),
          int4Array(rows, ({ middle }) => middle),
          int8Array(rows, ({ large }) => large),
          timestamptzArray(rows, ({ ts }) => ts),
        ],
      );
      expect(read).toEqual(rows);
    }),
  );
});
