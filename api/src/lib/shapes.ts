import { parseInstant } from '@ganzhi/schemas';
import { z } from 'zod';
import { Problem } from '../errors/problem.ts';

/** Shapes that several modules share. Query values arrive as text. */

export const MAX_LIMIT = 1_000;

/** RFC 3339 with offset, as we write it: `2026-11-23T08:00:00.000+08:00`. */
export const Instant = z.string().meta({ format: 'date-time' });
/** 0 to 1; null where nothing was due. */
export const Coverage = z.number().min(0).max(1).nullable();
export const Id = z.int().positive();

/** Text from outside. PostgreSQL cannot hold U+0000, so it is refused here and named, not there. */
export const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => !value.includes('\0'), 'must not contain U+0000');

const INT4_MAX = 2 ** 31 - 1;
export const IdQuery = z.coerce.number<string>().int().min(1).max(INT4_MAX);
export const IdParams = z.strictObject({ id: IdQuery });
export const NoQuery = z.strictObject({});

/** `limit` and `cursor` of every list. */
export const paging = {
  limit: z.coerce.number<string>().int().min(1).max(MAX_LIMIT).default(100),
  cursor: text(1_000).optional(),
};

/** A date in Asia/Shanghai or an RFC 3339 instant, as epoch milliseconds. */
export const InstantQuery = z
  .string()
  .refine((text) => parseInstant(text) !== undefined, 'write 2026-11-23 (Asia/Shanghai) or 2026-11-23T08:00:00+08:00')
  .transform((text) => parseInstant(text) ?? 0)
  .meta({ description: 'Date in Asia/Shanghai (2026-11-23) or RFC 3339 instant with offset' });

export const Flag = z.enum(['true', 'false']).transform((text) => text === 'true');

const problemAnswer = { description: 'Problem', content: { 'application/problem+json': { schema: Problem } } };

/** Error answers of a route, documented. Every route can answer 429, 500 and 503. */
export const problems = <S extends 400 | 401 | 403 | 404 | 409 | 412>(...statuses: S[]) =>
  Object.fromEntries([...statuses, 429, 500, 503].map((status) => [status, problemAnswer])) as Record<
    S | 429 | 500 | 503,
    typeof problemAnswer
  >;
