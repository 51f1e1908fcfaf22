import { proveEverything } from '@ganzhi/analytics';
import { tellDifferences } from '@ganzhi/api';
import { DAY, HOUR } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { goldenNetwork, rising } from './golden-network.ts';

const NOW = Date.parse('2026-11-23T02:00:00+08:00');
const START = NOW - DAY;

test('one count of difference: those responsible for the city are told, once, and it stands in the API', async () => {
  const network = await goldenNetwork(NOW, { meters: [{ code: 'M-1' }, { code: 'M-2' }] });
  const { owner, analytics, api, clock, byHttp, settle, person } = network;
  const reviewer = await person('reviewer', 'city-administrator');
  const auditor = await person('auditor', 'auditor');
  const operator = await person('operator', 'fleet-operator');
  await byHttp([...rising('M-1', START, START + 6 * HOUR, 8), ...rising('M-2', START, START + 6 * HOUR, 4)]);
  await settle();
  const tell = () => tellDifferences(api, clock.now);

  await proveEverything(analytics, () => clock.now);
  expect(await tell()).toBe(0);

  const changed = await owner.query(
    `update ledger.hour set counts = counts + 1 where hour = $1 and meter_id = $2 returning counts`,
    [new Date(START + HOUR), network.meters.get('M-2')],
  );
  expect(changed.rows).toEqual([{ counts: 401n }]);
  await proveEverything(analytics, () => clock.now);
  expect(await tell()).toBe(1);
  expect(await tell()).toBe(0);

  for (const told of [reviewer, auditor]) {
    const { body } = await told('GET', '/notifications?unseen=true');
    expect(body.items).toMatchObject([{ kind: 'ledger.difference', urgent: true, titleZh: '台账与原始读数不一致' }]);
    expect(body.items[0].textZh).toContain('M-2');
    expect(body.items[0].textEn).toContain('M-2');
  }
  expect((await operator('GET', '/notifications')).body.items).toEqual([]);

  const { items } = (await auditor('GET', '/conservation-runs')).body;
  expect(items.map(({ differences }: { differences: number }) => differences > 0)).toEqual([true, false]);
  expect(items[0].toldAt).not.toBeNull();
  expect(items[0].examples).toContainEqual({
    meterCode: 'M-2',
    point: 'energy.import',
    kind: 'hour',
    at: '2026-11-22T03:00:00.000+08:00',
    expected: '400',
    found: '401',
  });
});
