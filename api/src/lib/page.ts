import { z } from 'zod';
import { wrongField } from '../errors/refuse.ts';

/**
 * Keyset paging: a page starts behind the last row of the one before, so rows that come and go meanwhile neither repeat
 * nor hide others. Sorted by one expression and then by id; rows without a value stand last in both directions.
 */
export interface SortKey {
  /** SQL expression; never from the request. */
  sql: string;
  type: 'text' | 'numeric' | 'timestamptz';
  descending: boolean;
}

export type IdType = 'int4' | 'int8' | 'text';

export interface Position {
  value: string | null;
  id: string;
}

const Cursor = z.tuple([z.string(), z.string().nullable(), z.string()]);

/** @param sort name of the order, so that a cursor is not used with another one */
export const encodeCursor = (sort: string, { value, id }: Position): string =>
  Buffer.from(JSON.stringify([sort, value, id])).toString('base64url');

/** What PostgreSQL will read as the type: a forged cursor must end as a 400, not as a failed cast. */
const READABLE = {
  text: /^[^\0]*$/,
  numeric: /^-?\d{1,40}(\.\d{1,40})?$/,
  timestamptz: /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?\+00$/,
  int4: /^\d{1,9}$/,
  int8: /^\d{1,18}$/,
} as const;

/** @throws Refusal `invalid-request` on a cursor that is not ours or belongs to another order */
export function decodeCursor(
  sort: string,
  cursor: string | undefined,
  types: { value: SortKey['type']; id: IdType },
): Position | undefined {
  if (cursor === undefined) return undefined;
  const parsed = Cursor.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()));
  const [of, value, id] = parsed.data ?? ['', null, ''];
  const readable = (value === null || READABLE[types.value].test(value)) && READABLE[types.id].test(id);
  if (!parsed.success || of !== sort || !readable) {
    throw wrongField('cursor', {
      zh: 'cursor 不属于此列表或此排序，请从第一页重新开始。',
      en: 'This cursor is of another list or order; start again from the first page.',
    });
  }
  return { value, id };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * `where` and `order by` of a page.
 *
 * @param idSql the unique tie-break
 * @param bind adds a parameter and gives its placeholder
 */
export function keyset(
  key: SortKey,
  idSql: { sql: string; type: IdType },
  after: Position | undefined,
  bind: (value: unknown) => string,
): { where: string; orderBy: string } {
  const direction = key.descending ? 'desc' : 'asc';
  const orderBy = `${key.sql} ${direction} nulls last, ${idSql.sql}`;
  if (!after) return { where: 'true', orderBy };
  const later = `${idSql.sql} > ${bind(after.id)}::${idSql.type}`;
  if (after.value === null) return { where: `(${key.sql} is null and ${later})`, orderBy };
  const value = `${bind(after.value)}::${key.type}`;
  const beyond = `${key.sql} ${key.descending ? '<' : '>'} ${value}`;
  return { where: `(${beyond} or ${key.sql} is null or (${key.sql} = ${value} and ${later}))`, orderBy };
}

/** The rows of a page and the cursor of the next, from `limit + 1` rows. */
export function cut<R>(
  rows: readonly R[],
  limit: number,
  sort: string,
  position: (row: R) => Position,
): { rows: readonly R[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, nextCursor: rows.length > limit && last ? encodeCursor(sort, position(last)) : null };
}
