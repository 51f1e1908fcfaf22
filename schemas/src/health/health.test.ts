import { createServer } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { GanzhiError } from '../errors.ts';
import { listen, serveHealth } from './index.ts';

let down: Error | undefined;
const server = await serveHealth({
  host: '127.0.0.1',
  port: 0,
  checks: () => [
    { name: 'always', run: async () => undefined },
    {
      name: 'sometimes',
      run: async () => {
        if (down) throw down;
      },
    },
  ],
  metrics: async () => 'up 1\n',
  pages: { '/progress': () => ({ done: 3 }) },
});
afterAll(() => server.stop());

const get = async (path: string, method = 'GET') => {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  const text = await response.text();
  return [response.status, text.startsWith('{') ? JSON.parse(text) : text];
};

test('life, readiness, metrics and pages of its own', async () => {
  expect(await get('/livez')).toEqual([200, { status: 'ok' }]);
  expect(await get('/readyz?full')).toEqual([200, { status: 'ok', failing: [] }]);
  expect(await get('/metrics')).toEqual([200, 'up 1\n']);
  expect(await get('/progress')).toEqual([200, { done: 3 }]);
  expect(await get('/toString')).toEqual([404, { code: 'not-found' }]);
  expect(await get('/livez', 'POST')).toEqual([405, { code: 'method-not-allowed' }]);
});

test('what fails is named; only our own words are shown', async () => {
  down = new GanzhiError('unavailable', 'not connected');
  expect(await get('/readyz')).toEqual([
    503,
    { status: 'unavailable', failing: [{ check: 'sometimes', detail: 'not connected' }] },
  ]);
  down = new Error('connect ECONNREFUSED 10.1.2.3:5432');
  expect(JSON.stringify(await get('/readyz'))).not.toContain('10.1.2.3');
  down = undefined;
});

test('a taken port is said in words', async () => {
  await expect(listen(createServer(), { host: '127.0.0.1', port: server.port })).rejects.toMatchObject({
    code: 'port-taken',
    message: expect.stringContaining(String(server.port)),
  });
});
