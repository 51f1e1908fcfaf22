import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DAY, HOUR, shanghaiText } from '@ganzhi/schemas';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';
import { type FeedOptions, retryAfterMs, startTemperatureFeed, type TemperatureFeed } from './feed.ts';
import { hoursOf } from './feed-answer.ts';
import { feedSettings } from './feed-settings.ts';

/** A weather service on a real socket; what it answers is set by each test. */
const NOW = Date.parse('2026-11-23T12:00:00+08:00');
const START = Date.parse('2026-11-21T00:00:00+08:00');
const harness = await startHarness({ now: NOW });
const logger = pino({ level: 'silent' });
const asked: { url: string | undefined; authorization: string | undefined }[] = [];
let answer: (response: ServerResponse) => void = (response) => response.end('{"hours":[]}');
const server = createServer(({ url, headers }: IncomingMessage, response) => {
  asked.push({ url, authorization: headers.authorization });
  answer(response);
});
let feed: TemperatureFeed;
let options: FeedOptions;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `http://${host}/hours?from={from}&to={to}`;
  options = { url, station: '58343', hosts: [host], token: 'secret' };
  feed = startTemperatureFeed(harness.db, options, { clock: () => harness.clock.now, logger });
  await feed.pull();
});
afterAll(async () => {
  await feed.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await harness.stop();
});

const json = (body: unknown) => (response: ServerResponse) => response.end(JSON.stringify(body));
const hours = (count: number, meanC: number, provisional?: boolean, from = START) =>
  Array.from({ length: count }, (_, i) => ({ hour: shanghaiText(from + i * HOUR), meanC, provisional }));
const day = async (date: string) => (await harness.get(`/degree-days?from=${date}&to=2026-11-24`)).json().items[0];
const state = async () => (await harness.get('/temperature-feeds')).json().items[0];

test('provisional hours are replaced, final ones are not turned back; degree days follow', async () => {
  answer = json({ hours: hours(24, 8, true) });
  expect(await feed.pull()).toBe(24);
  expect(await day('2026-11-21')).toMatchObject({ meanC: 8, heating: 10, provisional: true });
  answer = json({ hours: hours(24, 5, false) });
  expect(await feed.pull()).toBe(24);
  expect(await day('2026-11-21')).toMatchObject({ meanC: 5, heating: 13, provisional: false });
  answer = json({ hours: hours(24, 9, true) });
  expect(await feed.pull()).toBe(0);
  expect(await day('2026-11-21')).toMatchObject({ meanC: 5, provisional: false });
  expect(asked.at(-1)).toEqual({ url: '/hours?from=2026-11-20&to=2026-11-23', authorization: 'Bearer secret' });
});

test('what is provisional is asked for again as far back as it lies', async () => {
  answer = json({ hours: hours(1, 7, true, START - 8 * DAY) });
  await feed.pull();
  answer = json({ hours: [] });
  await feed.pull();
  expect(asked.at(-1)?.url).toBe('/hours?from=2026-11-13&to=2026-11-23');
});

test.each([
  ['a failure', (response: ServerResponse) => response.writeHead(503).end(), 'answered 503'],
  ['no JSON', (response: ServerResponse) => response.end('<html>'), 'JSON'],
  ['another shape', json({ list: [] }), 'hourly.time'],
  [
    'a redirect',
    (response: ServerResponse) => response.writeHead(302, { location: '/elsewhere' }).end(),
    'fetch failed',
  ],
  ['an impossible temperature', json({ hours: hours(1, 99) }), 'hourly.time'],
  ['an endless answer', (response: ServerResponse) => response.end(' '.repeat(3 * 1024 * 1024)), 'larger than'],
])('%s is told, changes nothing, and the next good answer heals it', async (_, bad, reason) => {
  answer = bad;
  const before = (await state()).failures;
  await expect(feed.pull()).rejects.toThrow();
  expect(await state()).toMatchObject({ failures: before + 1, reason: expect.stringContaining(reason) });
  answer = json({ hours: [] });
  await feed.pull();
  expect(await state()).toMatchObject({ failures: 0, reason: null });
});

test('columns of a service, forecasts left out, young hours not final', () => {
  const time = ['2026-11-20T08:00', '2026-11-23T10:00', '2026-11-23T12:00'];
  const columns = { utc_offset_seconds: 28_800, hourly: { time, temperature_2m: [6.1, 9.5, 10] } };
  expect(hoursOf(columns, NOW)).toEqual([
    { hour: Date.parse('2026-11-20T08:00:00+08:00'), meanC: 6.1, provisional: false },
    { hour: Date.parse('2026-11-23T10:00:00+08:00'), meanC: 9.5, provisional: true },
  ]);
  expect(() => hoursOf({ ...columns, utc_offset_seconds: 0 }, NOW)).toThrow('+08:00');
});

test('only allowed hosts; pauses double to an hour', () => {
  const config = { GANZHI_TEMPERATURE_FEED: options.url, GANZHI_TEMPERATURE_STATION: '58343' };
  const unset = { GANZHI_TEMPERATURE_HOSTS: undefined, GANZHI_TEMPERATURE_TOKEN: undefined };
  expect(() => feedSettings({ ...config, ...unset })).toThrow('GANZHI_TEMPERATURE_HOSTS');
  expect(feedSettings({ ...config, ...unset, GANZHI_TEMPERATURE_HOSTS: ` ${options.hosts[0]}` })?.hosts).toEqual(
    options.hosts,
  );
  expect([0, 1, 2, 3, 9].map(retryAfterMs)).toEqual([3_600_000, 60_000, 120_000, 240_000, 3_600_000]);
});
