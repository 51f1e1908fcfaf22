import { tellAlarms } from '@ganzhi/api';
import { HOUR } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { goldenNetwork, type Sent } from './golden-network.ts';

const START = Date.parse('2026-11-02T00:00:00+08:00');
/** A pipe bursts on Thursday evening and loses 0.3 m³ an hour, day and night, until a valve is replaced. */
const BURST = Date.parse('2026-11-12T20:00:00+08:00');
const REPAIRED = Date.parse('2026-11-16T14:00:00+08:00');
const LEAK = 0.3;

/** An office drinks and flushes from 8 to 18 o'clock on days of work. */
function flow(t: number): number {
  const hour = (t / HOUR + 8) % 24;
  const isWeekend = [0, 6].includes(new Date(t + 8 * HOUR).getUTCDay());
  return (hour >= 8 && hour < 18 && !isWeekend ? 1.2 : 0) + (t >= BURST && t < REPAIRED ? LEAK : 0);
}

/**
 * Golden scenario G7 (domain handbook §1.7), through the door and the API: a leak at night is found within three nights, people are told and
 * say what they did, the data confirm the drop, and the saving is estimated and booked nowhere.
 */
test('G7: a leak is found in three nights, told, repaired and confirmed by the data; the saving is an estimate', async () => {
  const network = await goldenNetwork(START, {
    meters: [{ code: 'W-1', intervalS: 3_600, points: { 'water.volume': 2 } }],
  });
  const { owner, api, clock, institutionId, byHttp, settle, lookForAlarms, person } = network;
  await owner.query(`update registry.meter set medium = 'water'`);
  const manager = await person('manager', 'energy-manager');
  const city = await person('city', 'city-administrator');
  const price = { purchase: '3.50', other: '1.50', multipliers: { sharp: '1', peak: '1', flat: '1', valley: '1' } };
  const seasons = [
    { months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], slots: [{ fromHour: 0, toHour: 24, band: 'flat' }] },
  ];
  const tariff = {
    code: 'water-2026',
    carrier: 'water',
    nameZh: '非居民水价',
    nameEn: 'Water',
    validFrom: '2026-01-01',
  };
  const paper = { sourceDocument: '价格文件（测试）' };
  const entered = await city('POST', '/tariffs', { ...tariff, ...paper, content: { ...price, seasons } });
  const assigned = await city('POST', `/institutions/${institutionId}/tariff-assignments`, {
    ...{ carrier: 'water', tariffCode: 'water-2026', validFrom: '2026-01-01', ...paper },
  });
  expect([entered.status, assigned.status]).toEqual([201, 201]);

  let register = 100;
  let sent = START;
  /** Readings up to six in the morning of a day, the ledger after them, and the look of that morning. */
  const morningOf = async (day: string) => {
    clock.now = Date.parse(`${day}T06:00:00+08:00`);
    const readings: Sent[] = [];
    for (; sent <= clock.now; sent += HOUR) {
      readings.push({ m: 'W-1', p: 'water.volume', t: sent, x: Number(register.toFixed(2)) });
      register += flow(sent);
    }
    await byHttp(readings);
    await settle();
    await lookForAlarms();
    await tellAlarms(api, clock.now);
    return (await manager('GET', '/alarms?kind=leak')).body.items;
  };

  expect(await morningOf('2026-11-12'), 'ten ordinary days').toEqual([]);
  expect(await morningOf('2026-11-13'), 'one night').toEqual([]);
  expect(await morningOf('2026-11-14'), 'two nights').toEqual([]);
  const [leak] = await morningOf('2026-11-15');
  expect(leak).toMatchObject({ kind: 'leak', severity: 'critical', state: 'open', meterCode: 'W-1', endedAt: null });
  expect(Math.abs(Date.parse(leak.beganAt) - BURST), 'when it began').toBeLessThanOrEqual(3 * HOUR);
  // 0.3 m³ an hour for 30 days at 5 CNY, and what was lost since
  expect(leak.estimate).toMatchObject({ unit: 'm³', amountPerMonth: 216, cnyPerMonth: 1_080 });
  expect(leak.estimate.amount).toBeGreaterThan(15);
  expect(leak.estimate.amount).toBeLessThan(20);

  const [message] = (await manager('GET', '/notifications')).body.items;
  expect(message).toMatchObject({ kind: 'alarm.opened', subject: `alarm/${leak.id}` });
  expect(message.textZh).toContain('1080');
  const acknowledged = await manager(
    'POST',
    `/alarms/${leak.id}/acknowledgement`,
    {},
    { 'if-match': `"${leak.version}"` },
  );
  expect(acknowledged.body.told).toMatchObject([{ login: 'manager' }]);
  await morningOf('2026-11-16');
  clock.now = REPAIRED + HOUR;
  const version = (await manager('GET', `/alarms/${leak.id}`)).body.version;
  const resolved = await manager(
    'POST',
    `/alarms/${leak.id}/resolution`,
    { note: '更换阀门' },
    { 'if-match': `"${version}"` },
  );
  expect([resolved.body.state, resolved.body.saving], 'only the data can confirm it').toEqual(['resolved', null]);

  await morningOf('2026-11-17');
  const closed = (await manager('GET', `/alarms/${leak.id}`)).body;
  expect(closed).toMatchObject({
    ...{ state: 'confirmed', outcome: 'over' },
    saving: { amountPerMonth: 216, unit: 'm³', cnyPerMonth: 1_080 },
  });
  expect(Math.abs(Date.parse(closed.endedAt) - REPAIRED), 'when it ended').toBeLessThanOrEqual(3 * HOUR);
  expect(closed.history.map(({ action }: { action: string }) => action)).toEqual([
    ...['opened', 'acknowledged', 'resolved', 'confirmed'],
  ]);
  expect(await morningOf('2026-11-19')).toMatchObject([{ state: 'confirmed' }]);

  // what was lost was used, and is booked as it was measured: no estimate changed a figure
  const { rows } = await owner.query('select sum(counts)::int4 as counts from ledger.hour');
  const hours = (sent - HOUR - START) / HOUR;
  const used = Array.from({ length: hours }, (_, i) => flow(START + i * HOUR)).reduce((sum, one) => sum + one, 0);
  expect(rows).toEqual([{ counts: Math.round(used * 100) }]);
}, 60_000);

test('a leak that goes on after somebody said that it was repaired is opened again', async () => {
  const network = await goldenNetwork(START, {
    meters: [{ code: 'W-1', intervalS: 3_600, points: { 'water.volume': 2 } }],
  });
  const { owner, clock, byHttp, settle, lookForAlarms, person } = network;
  await owner.query(`update registry.meter set medium = 'water'`);
  const manager = await person('manager', 'energy-manager');
  let [register, sent] = [0, START];
  const morningOf = async (day: string) => {
    clock.now = Date.parse(`${day}T06:00:00+08:00`);
    const readings: Sent[] = [];
    for (; sent <= clock.now; sent += HOUR) {
      readings.push({ m: 'W-1', p: 'water.volume', t: sent, x: Number(register.toFixed(2)) });
      register += flow(sent) + (sent >= REPAIRED ? LEAK : 0);
    }
    await byHttp(readings);
    await settle();
    await lookForAlarms();
    return (await manager('GET', '/alarms?kind=leak')).body.items[0];
  };
  const leak = await morningOf('2026-11-15');
  await manager('POST', `/alarms/${leak.id}/resolution`, { note: '已修复' }, { 'if-match': `"${leak.version}"` });
  expect(await morningOf('2026-11-17'), 'three nights to agree').toMatchObject({ id: leak.id, state: 'resolved' });
  expect(await morningOf('2026-11-19'), 'the data do not').toMatchObject({ id: leak.id, state: 'open' });
}, 60_000);
