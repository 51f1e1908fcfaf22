import { DAY, HOUR } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { goldenNetwork, rising } from './golden-network.ts';

const NOW = Date.parse('2026-11-23T10:00:00+08:00');

/**
 * Golden scenario G6 (domain handbook §1.7), through the doors and the API: the emission factor of a new year is loaded; closed
 * years stay unchanged, the open year is recalculated when it is asked for.
 */
test('G6: a new emission factor leaves the closed year alone, and the open year follows', async () => {
  const { byHttp, byMqtt, settle, person, clock, institutionId } = await goldenNetwork(NOW, {
    meters: [{ code: 'M-1', ct: 40 }],
  });
  const manager = await person('manager', 'city-administrator');
  const [last, running] = [Date.parse('2025-03-10T00:00:00+08:00'), Date.parse('2026-03-10T00:00:00+08:00')];
  // a year's history by HTTP, this year's day by MQTT: 2.5 kWh an hour on the display, times 40
  await byHttp(rising('M-1', last, last + DAY, 2.5));
  await byMqtt(rising('M-1', running, running + DAY, 2.5, 60));
  await settle();

  const figures = async (year: number, more = '') =>
    (await manager('GET', `/institutions/${institutionId}/indicators?from=${year}-01-01&to=${year + 1}-01-01${more}`))
      .body;
  const carbon = async (year: number) => (await figures(year)).carbonKg;
  // 2,400 kWh x 0.5827 kg, Jiangsu 2023, the nearest factor not after either year
  expect([await carbon(2025), await carbon(2026)]).toEqual([1_398.48, 1_398.48]);
  const closed = await manager('POST', `/institutions/${institutionId}/closed-years`, { year: 2025, reason: '年报' });
  expect([closed.status, closed.body.figures.carbonKg]).toEqual([201, 1_398.48]);

  clock.now += HOUR;
  const factor = await manager('POST', '/energy-factors', {
    ...{ kind: 'emission', carrier: 'electricity', variant: 'jiangsu', unit: 'kgCO2/kWh', validFrom: '2025-01-01' },
    ...{ value: '0.5500', sourceDocument: '生态环境部公告（测试）' },
  });
  expect(factor.status).toBe(201);

  const [kept, open] = [await figures(2025), await figures(2026)];
  expect([kept.carbonKg, kept.closed.by, open.carbonKg, open.closed]).toEqual([1_398.48, 'manager', 1_320, null]);
  expect(open.versions.factors).toContain(factor.body.id);
  expect(kept.versions.factors).not.toContain(factor.body.id);
  // as it was known before, the open year has the figure of then
  const before = encodeURIComponent(new Date(NOW).toISOString());
  expect((await figures(2026, `&knownOn=${before}`)).carbonKg).toBe(1_398.48);
});
