import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildConsole } from './build.ts';

const SIZE_LIMIT_BYTES = 200_000;
let folder = '';
let files = new Map<string, string>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganzhi-console-'));
  const out = await buildConsole({ outDir: join(folder, 'dist') });
  const names = await readdir(out, { recursive: true, withFileTypes: true });
  const paths = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  files = new Map(
    await Promise.all(paths.map(async (path) => [path.slice(out.length + 1), await readFile(path, 'utf8')] as const)),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the page consists of files of its own and keeps a strict content security policy', () => {
  const page = files.get('index.html') ?? '';
  expect(page).toMatch(/<script type="module" crossorigin src="\.\/assets\/[^"]+\.js"><\/script>/);
  expect(page).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/);
});

test('nothing comes from another host, nothing is a data URL', () => {
  for (const [name, text] of files) {
    const hosts = [...text.matchAll(/https?:\/\/[\w.-]+/g)].map(([url]) => url);
    // Names of the SVG, MathML and XHTML namespaces, never fetched.
    expect(
      hosts.filter((url) => url !== 'http://www.w3.org'),
      name,
    ).toEqual([]);
    expect(text.includes('url(data:'), name).toBe(false);
  }
});

test('the script stays small enough for a phone', () => {
  const scripts = [...files].filter(([name]) => name.endsWith('.js'));
  expect(scripts.reduce((sum, [, text]) => sum + text.length, 0)).toBeLessThan(SIZE_LIMIT_BYTES);
});
