import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { envExample, loadConfig } from './config.ts';
import { GanzhiError } from './errors.ts';
import { SETTINGS, type SettingName } from './settings.ts';

const ALL = Object.keys(SETTINGS) as SettingName[];

function failure(env: NodeJS.ProcessEnv, names: readonly SettingName[] = ALL): GanzhiError {
  try {
    loadConfig(names, env);
  } catch (error) {
    if (error instanceof GanzhiError) return error;
    throw error;
  }
  throw new Error('the configuration passed');
}

function secretFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'secret');
  writeFileSync(file, text);
  return file;
}

test('nothing set: every setting has its default, and what has none is unset', () => {
  const config = loadConfig(ALL, {});
  expect(config).toMatchObject({ PORT: 8080, HOST: '127.0.0.1', GANZHI_MODE: 'demo', GANZHI_INGEST_BATCH_MS: 25 });
  expect(config.DATABASE_URL).toBeUndefined();
});

test('only the settings that were asked for are read', () => {
  expect(loadConfig(['PORT'], { PORT: '0', GANZHI_MODE: 'nonsense' })).toEqual({ PORT: 0 });
});

test('every wrong variable is named at once, with its remedy and without its value', () => {
  const error = failure({
    PORT: 'eighty',
    GANZHI_MQTT_PORT: '70000',
    DATABASE_URL: 'mysql://root:hunter2@db/x',
    LOG_LEVEL: 'loud',
    GANZHI_API_PASSWORD: 'short-pw',
  });
  expect(error.code).toBe('config-invalid');
  for (const name of ['PORT', 'GANZHI_MQTT_PORT', 'DATABASE_URL', 'LOG_LEVEL', 'GANZHI_API_PASSWORD'] as const) {
    expect(error.message).toContain(`${name}: ${SETTINGS[name].remedy}`);
  }
  for (const value of ['eighty', '70000', 'hunter2', 'mysql', 'loud', 'short-pw']) {
    expect(error.message).not.toContain(value);
  }
});

test('a port is a whole number; an empty variable counts as unset', () => {
  for (const PORT of ['1.5', '-1', '65536', ' ', '0x50', '1e3', '８０'])
    expect(failure({ PORT }, ['PORT']).code).toBe('config-invalid');
  expect(loadConfig(['PORT', 'DATABASE_URL'], { PORT: '', DATABASE_URL: '' })).toEqual({
    PORT: 8080,
    DATABASE_URL: undefined,
  });
});

test('NAME_FILE gives the value of NAME, without the line end; NAME itself wins', () => {
  const DATABASE_URL_FILE = secretFile('postgres://a:b@c/d\n');
  expect(loadConfig(['DATABASE_URL'], { DATABASE_URL_FILE }).DATABASE_URL).toBe('postgres://a:b@c/d');
  expect(loadConfig(['DATABASE_URL'], { DATABASE_URL: 'postgres://x/y', DATABASE_URL_FILE }).DATABASE_URL).toBe(
    'postgres://x/y',
  );
});

test('an empty secret file counts as unset, one that cannot be read is a mistake', () => {
  expect(loadConfig(['DATABASE_URL'], { DATABASE_URL_FILE: secretFile('\n') }).DATABASE_URL).toBeUndefined();
  const error = failure({ DATABASE_URL_FILE: '/nowhere/secret' }, ['DATABASE_URL']);
  expect(error.message).toContain('DATABASE_URL_FILE: cannot be read');
});

test('a wrong value in a secret file is not shown either', () => {
  const error = failure({ DATABASE_URL_FILE: secretFile('oops-my-secret') }, ['DATABASE_URL']);
  expect(error.message).not.toContain('oops-my-secret');
});

test('.env.example lists every setting once, commented out, and its defaults are valid', () => {
  const lines = envExample().split('\n');
  const assignments = lines.filter((line) => /^#[A-Z_]+=/.test(line)).map((line) => line.slice(1).split('='));
  expect(assignments.map(([name]) => name)).toEqual(ALL);
  expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  const env = Object.fromEntries(assignments.map(([name, ...value]) => [name, value.join('=')]));
  expect(loadConfig(ALL, env)).toEqual(loadConfig(ALL, {}));
});
