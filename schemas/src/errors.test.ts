import { expect, test } from 'vitest';
import { ERRORS, type ErrorCode, GanzhiError } from './errors.ts';

const entries = Object.entries(ERRORS) as [ErrorCode, (typeof ERRORS)[ErrorCode]][];

test.each(entries)('%s: a kebab-case code, an HTTP error status, both titles', (code, { status, zh, en }) => {
  expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(600);
  expect(zh).toMatch(/[\u4e00-\u9fff]/);
  expect(en).toMatch(/^[A-Z]/);
  expect(`${zh}${en}`).not.toMatch(/[.。]$/);
});

test('only the server’s own trouble and too many requests are worth another try', () => {
  for (const [code, { status, retry }] of entries) if (retry) expect(status === 429 || status >= 500, code).toBe(true);
});

test('titles are not given twice', () => {
  expect(new Set(entries.map(([, { zh }]) => zh)).size).toBe(entries.length);
  expect(new Set(entries.map(([, { en }]) => en)).size).toBe(entries.length);
});

test('the error carries code, detail, cause and fields', () => {
  const cause = new Error('inner');
  const fields = [{ path: 'body.x', code: 'required', message: 'x is missing' }];
  const error = new GanzhiError('invalid-request', 'x is missing', { cause, fields });
  expect(error).toMatchObject({ name: 'GanzhiError', code: 'invalid-request', message: 'x is missing', cause, fields });
  expect(new GanzhiError('internal', 'y').fields).toEqual([]);
  expect('cause' in new GanzhiError('internal', 'y')).toBe(false);
});
