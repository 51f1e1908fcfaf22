import { ERRORS, type ErrorCode, type FieldError, GanzhiError } from '@ganzhi/schemas';
import { z } from 'zod';
import type { Language } from './language.ts';
import { Refusal } from './refuse.ts';

/** RFC 9457 problem document with our code, the request's id and the fields at fault. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    instance: z.string(),
    code: z.string(),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;

interface Where {
  language: Language;
  instance: string;
  requestId: string;
}

/** The document for one code of the table. */
export function problem(
  code: ErrorCode,
  { language, instance, requestId }: Where,
  more: { detail?: string; fields?: readonly FieldError[] } = {},
): Problem {
  const { status, zh, en } = ERRORS[code];
  return {
    type: `/problems/${code}`,
    title: language === 'zh' ? zh : en,
    status,
    ...(more.detail ? { detail: more.detail } : {}),
    instance,
    code,
    requestId,
    ...(more.fields && more.fields.length > 0 ? { errors: [...more.fields] } : {}),
  };
}

/** Detail of one of our errors in the language asked for. */
export const detailOf = (error: GanzhiError, language: Language): string =>
  error instanceof Refusal && language === 'zh' ? error.detailZh : error.message;

/**
 * The code of the table for whatever was thrown: our own errors, the framework's, PostgreSQL's (SQLSTATE), the network's.
 * Anything unknown is `internal`.
 */
export function codeOf(error: unknown): ErrorCode {
  if (error instanceof GanzhiError) return error.code;
  const { statusCode, code = '', message = '' } = error as { statusCode?: number; code?: string; message?: string };
  if (code === '23505') return 'conflict';
  // row security on a write: the row may be seen, and is not the caller's to change
  if (code === '42501' && message.includes('row-level security')) return 'forbidden';
  if (isDatabaseAway(code, message)) return 'unavailable';
  if (statusCode === 429) return 'too-many-requests';
  if (statusCode === 413) return 'too-large';
  if (statusCode === 404) return 'not-found';
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return 'invalid-request';
  return 'internal';
}

const AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  '53300',
  '3D000',
]);

/** SQLSTATE classes 08 and 57P, dead sockets, and the pool's own words (it has no codes). */
function isDatabaseAway(code: string, message: string): boolean {
  return (
    AWAY.has(code) ||
    /^(08...|57P0.)$/.test(code) ||
    /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
      message,
    )
  );
}
