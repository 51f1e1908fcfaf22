import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { ApiClient } from '../src/api/client.ts';

const SERVER_TIME = Date.parse('2026-11-23T12:00:00Z');

/** A real server that notes what it was asked, and a client of it. */
async function connected(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const asked: { method: string; url: string; headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((request, response) => {
    asked.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    response.setHeader('date', new Date(SERVER_TIME).toUTCString());
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let loggedOut = 0;
  const client = new ApiClient({
    base: `http://127.0.0.1:${port}/api/v1/`,
    fetch,
    now: () => 1_000,
    language: () => 'en',
    onLoggedOut: () => {
      loggedOut += 1;
    },
  });
  const stop = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return {
    asked,
    client,
    loggedOut: () => loggedOut,
    stop,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await stop();
    },
  };
}

test('an unchanged resource is the very same object, and vouched for anew', async () => {
  await using world = await connected((request, response) => {
    if (request.headers['if-none-match'] === 'W/"v1"') return response.writeHead(304, { etag: 'W/"v1"' }).end();
    return response.writeHead(200, { etag: 'W/"v1"' }).end('{"n":1}');
  });
  const first = await world.client.get('city');
  const second = await world.client.get('city');
  expect(second.body).toBe(first.body);
  expect(second.at).toBe(SERVER_TIME);
  expect(world.client.now()).toBe(SERVER_TIME);

  world.client.forget();
  await world.client.get('city');
  expect(world.asked.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, 'W/"v1"', undefined]);
});

test('empty parameters are left out, the language is asked for', async () => {
  await using world = await connected((_, response) => response.end('{}'));
  await world.client.get('institutions', { search: '', division: null, sort: '-today', limit: 20 });
  expect(world.asked[0]?.url).toBe('/api/v1/institutions?sort=-today&limit=20');
  expect(world.asked[0]?.headers['accept-language']).toBe('en');
});

test('writes carry the token of the session', async () => {
  await using world = await connected((_, response) => response.writeHead(204).end());
  world.client.useCsrfToken('secret');
  await world.client.delete('sessions/current');
  expect(world.asked[0]).toMatchObject({ method: 'DELETE', headers: { 'x-csrf-token': 'secret' } });
});

test('a problem keeps its code and the wait; an ended session is reported', async () => {
  await using world = await connected((request, response) => {
    const ended = request.url?.endsWith('city');
    response.writeHead(ended ? 401 : 429, { 'content-type': 'application/problem+json', 'retry-after': '240' });
    response.end(JSON.stringify({ code: ended ? 'not-authenticated' : 'too-many-requests', title: 'No' }));
  });
  await expect(world.client.post('sessions', {})).rejects.toMatchObject({
    code: 'too-many-requests',
    status: 429,
    retryAfterS: 240,
    message: 'No',
  });
  expect(world.loggedOut()).toBe(0);
  await expect(world.client.get('city')).rejects.toMatchObject({ code: 'not-authenticated', status: 401 });
  expect(world.loggedOut()).toBe(1);
});

test('an error page of a proxy and silence are problems too', async () => {
  await using world = await connected((_, response) => response.writeHead(502).end('<html>'));
  await expect(world.client.get('city')).rejects.toMatchObject({ code: 'http-502', status: 502 });
  await world.stop();
  await expect(world.client.get('city')).rejects.toMatchObject({ code: 'network', status: 0 });
});
