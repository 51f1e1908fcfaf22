import { type Clock, systemClock } from '@ganzhi/gateway-firmware-sim/firmware';
import { DAY } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { careNetwork, meterAt, until } from './care-network.ts';

test('a gateway that booted in 1970 is seen as such, healed by the time of the server, and its values have the right hour', async () => {
  const { gateway, api, rows } = await careNetwork({ gateways: ['GW-0001'], meters: [{ code: 'M-1' }] });
  const bootedAt = Date.now();
  const clock: Clock = {
    ...systemClock,
    now: () => Date.now() - bootedAt,
    sleepUntil: (t, signal) => systemClock.sleepUntil(t + bootedAt, signal),
  };
  const install = { serial: 'SN-1', code: 'GW-0001', token: 'token-of-GW-0001', meters: [meterAt('M-1', 502)] };
  await gateway(install, { clock });
  const item = async () => (await api('GET', '/gateways/GW-0001')).body;
  await until(async () => (await item()).clock?.state === 'confirmed');
  const { clock: said, clockOffsetS } = await item();
  expect(said.wallAt).toMatch(/^1970-01-01T08:/);
  expect(said.bootId).toBe(systemClock.bootId);
  expect(said.monotonicS).toBeGreaterThan(0);
  // fifty-six years and more behind, by the gateway's measure as by ours
  expect(said.serverOffsetS).toBeLessThan((-56 * 365 * DAY) / 1_000);
  expect(Math.abs(said.serverOffsetS - clockOffsetS)).toBeLessThan(60);

  await until(async () => (await rows('select from metering.reading')).length >= 2);
  const [span] = await rows<{ first: number; last: number }>(
    'select min(ts) as first, max(ts) as last from metering.reading',
  );
  expect(span?.first).toBeGreaterThanOrEqual(bootedAt - 2_000);
  expect(span?.last).toBeLessThanOrEqual(Date.now() + 2_000);
  expect(await rows('select from metering.quarantine')).toEqual([]);
});
