import { GanzhiError } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { languageOf } from './language.ts';
import { codeOf } from './problem.ts';
import { notFound } from './refuse.ts';

test.each([
  [undefined, 'zh'],
  ['', 'zh'],
  ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
  ['en-US,en;q=0.9', 'en'],
  ['de, en;q=0.5, zh;q=0.4', 'en'],
  ['en;q=0', 'zh'],
  ['*', 'zh'],
])('Accept-Language %s is answered in %s', (header, language) => {
  expect(languageOf(header)).toBe(language);
});

test.each([
  [new GanzhiError('conflict', 'x'), 'conflict'],
  [notFound(), 'not-found'],
  [{ code: '23505' }, 'conflict'],
  [{ code: '42501', message: 'new row violates row-level security policy for table "meter"' }, 'forbidden'],
  [{ code: '57P01' }, 'unavailable'],
  [{ code: '08006' }, 'unavailable'],
  [{ code: 'ECONNREFUSED' }, 'unavailable'],
  [{ message: 'Connection terminated unexpectedly' }, 'unavailable'],
  [{ message: 'timeout exceeded when trying to connect' }, 'unavailable'],
  [{ statusCode: 429 }, 'too-many-requests'],
  [{ statusCode: 415 }, 'invalid-request'],
  [{ code: '42P01' }, 'internal'],
  [new TypeError('x is undefined'), 'internal'],
])('%o is %s', (error, code) => {
  expect(codeOf(error)).toBe(code);
});
