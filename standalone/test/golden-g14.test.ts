import { createHash } from 'node:crypto';
import { DAY, HOUR } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { goldenNetwork, rising } from './golden-network.ts';

const NOW = Date.parse('2026-11-23T10:00:00+08:00');
const OCTOBER = Date.parse('2026-10-12T00:00:00+08:00');

/**
 * Golden scenario G14 (domain handbook §1.7), through the doors and the API: readings of October come by HTTP, the month is
 * closed; a backlog comes by MQTT; one month is reopened by approval, reversal rows are visible, published reports are
 * marked superseded.
 */
test('G14: a closed month, a late backlog, a supplement run: reversal rows, and the report that left is superseded', async () => {
  const { byHttp, byMqtt, settle, person, clock } = await goldenNetwork(NOW, {
    meters: [{ code: 'M-1' }, { code: 'M-2' }],
  });
  const asker = await person('asker', 'city-administrator');
  const decider = await person('decider', 'city-administrator');
  // 10 and 4 kWh an hour for two days; of M-2 the second day is held back by its gateway
  await byHttp([...rising('M-1', OCTOBER, OCTOBER + 2 * DAY, 10), ...rising('M-2', OCTOBER, OCTOBER + DAY, 4)]);
  await settle();

  const { body: asked } = await asker('POST', '/closed-months', { month: '2026-10', reason: '月结' });
  expect((await asker('POST', `/closed-months/${asked.id}/approval`)).status).toBe(403);
  expect((await decider('POST', `/closed-months/${asked.id}/approval`)).body.state).toBe('closed');
  const entries = async () =>
    (await asker('GET', '/ledger-entries?month=2026-10')).body.items.map(
      ({ meterCode, kind, energy }: { meterCode: string; kind: string; energy: number }) =>
        `${meterCode} ${kind} ${energy}`,
    );
  expect(await entries()).toEqual(['M-1 closing 480', 'M-2 closing 96']);

  const report = (await asker('GET', '/exports/quota-compliance?year=2026&format=json')).body;
  const published = async () => (await decider('GET', '/published-reports')).body.items;
  expect(await published()).toMatchObject([
    {
      kind: 'quota-compliance',
      from: '2026-01-01',
      to: '2026-11-24',
      sha256: createHash('sha256')
        .update(`${JSON.stringify(report, null, 2)}\n`)
        .digest('hex'),
      publishedBy: 'asker',
      supersededAt: null,
    },
  ]);

  // the backlog: the ledger follows, the closed figures do not
  await byMqtt(rising('M-2', OCTOBER + DAY, OCTOBER + 2 * DAY, 4, 96));
  await settle();
  expect(await entries()).toEqual(['M-1 closing 480', 'M-2 closing 96']);
  expect((await asker('GET', '/closed-month-differences?month=2026-10')).body.items).toMatchObject([
    { meterCode: 'M-2', closed: 96, now: 192 },
  ]);

  clock.now += HOUR;
  expect((await decider('POST', `/closed-months/${asked.id}/reopening`, { reason: '网关补传' })).status).toBe(200);
  expect((await asker('POST', `/closed-months/${asked.id}/approval`)).body.state).toBe('reopened');
  expect((await published())[0].supersededAt).toBeNull();
  await asker('POST', '/closed-months', { month: '2026-10', reason: '补录后重新关账' });
  await decider('POST', `/closed-months/${asked.id}/approval`);
  // what did not change is not touched
  expect(await entries()).toEqual(['M-1 closing 480', 'M-2 closing 96', 'M-2 reversal -96', 'M-2 correction 192']);
  const [superseded] = await published();
  expect(superseded).toMatchObject({
    supersededAt: '2026-11-23T11:00:00.000+08:00',
    supersededFor: '补录后重新关账',
  });
  const { body: again } = await asker('GET', `/published-reports?sha256=${superseded.sha256}`);
  expect(again.items).toHaveLength(1);

  // a report made afterwards stands, and a closing that changes nothing supersedes nothing
  await asker('GET', '/exports/quota-compliance?year=2026&format=json');
  await decider('POST', `/closed-months/${asked.id}/reopening`, { reason: '复核' });
  await asker('POST', `/closed-months/${asked.id}/approval`);
  await asker('POST', '/closed-months', { month: '2026-10', reason: '复核无误' });
  await decider('POST', `/closed-months/${asked.id}/approval`);
  expect((await entries()).length).toBe(4);
  expect((await published()).map((one: { supersededAt: string | null }) => one.supersededAt !== null)).toEqual([
    false,
    true,
  ]);
});
