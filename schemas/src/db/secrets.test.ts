import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadSecrets } from './secrets.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'ganzhi-secrets-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

test('missing secrets are made once, kept, and readable by the owner only', () => {
  const path = folder();
  const first = loadSecrets(path, ['a', 'b']);
  expect(first.a).toMatch(/^[\w-]{43}$/);
  expect(first.a).not.toBe(first.b);
  const second = loadSecrets(path, ['a', 'b', 'c']);
  expect(second).toMatchObject(first);
  expect(second.c).toBeDefined();
  expect(statSync(join(path, 'secrets.json')).mode & 0o777).toBe(0o600);
  expect(readdirSync(path)).toEqual(['secrets.json']);
});

test.each(['', '{', '[]', '{"a": 1}', 'null'])(
  'a damaged file (%j) is an error, never replaced by new secrets',
  (text) => {
    const path = folder();
    writeFileSync(join(path, 'secrets.json'), text);
    expect(() => loadSecrets(path, ['a'])).toThrow(expect.objectContaining({ code: 'database-corrupt' }));
    expect(readFileSync(join(path, 'secrets.json'), 'utf8')).toBe(text);
  },
);
