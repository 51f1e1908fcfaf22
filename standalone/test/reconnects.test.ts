import { fixtureRegistry, fixtureToken, testDatabase } from '@ganzhi/schemas/testing';
import { expect, onTestFinished, test } from 'vitest';
import { leaksOf, reconnect } from '../load/reconnects.ts';

test('cut lines and restarted brokers leave no socket, timer, listener or memory behind', async () => {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  await fixtureRegistry(await database.open('ganzhi_owner'));
  const report = await reconnect({
    databaseUrl: database.url,
    gateway: { code: 'GW-0001', token: fixtureToken('GW-0001') },
    rounds: 200,
    restartEvery: 40,
  });
  expect(report).toMatchObject({ rounds: 200, clients: 1 });
  expect(leaksOf(report, 8_000)).toEqual([]);
});

test('growth is told by its kind', () => {
  const same = { before: 1, after: 1 };
  const report = {
    ...{ rounds: 1, restarts: 0, seconds: 1, clients: 1 },
    heapKiB: { before: 100, after: 200 },
    handles: { before: { Timeout: 3 }, after: { Timeout: 4, TCPSocketWrap: 3 } },
    listeners: same,
  };
  expect(leaksOf(report, 100)).toEqual(['TCPSocketWrap: 0 → 3']);
  expect(leaksOf({ ...report, clients: 2, listeners: { before: 1, after: 2 } }, 50)).toEqual([
    'TCPSocketWrap: 0 → 3',
    'listeners: 1 → 2',
    'heap: 100 → 200 KiB',
    'clients of the broker: 2',
  ]);
});
