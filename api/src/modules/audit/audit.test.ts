import { HOUR } from '@ganzhi/schemas';
import { afterAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';
import { audit } from '../../lib/audit.ts';

const NOW = Date.parse('2026-11-23T10:00:00+08:00');
const harness = await startHarness({ now: NOW });
const { app, db, owner } = harness;
afterAll(() => harness.stop());

test('auditors of the whole city and the audit administrator read the trail; an auditor of one division does not', async () => {
  await owner.query("insert into registry.division values ('320412', null, '武进区', 'Wujin', 5)");
  for (let i = 1; i <= 3; i += 1) {
    await audit(db, { actor: 'li', action: i === 2 ? 'user.create' : 'session.create', target: `t${i}`, after: { i } });
  }
  const read = async (name: string, right: Parameters<typeof harness.person>[1], query = '') => {
    const { headers } = await harness.person(name, right);
    const answer = await app.inject({ url: `/api/v1/audit?${query}`, headers });
    return answer.statusCode === 200
      ? answer.json().items.map((item: { target: string }) => item.target)
      : answer.statusCode;
  };
  expect(await read('a1', { role: 'auditor', wholeCity: true })).toEqual(['t3', 't2', 't1']);
  expect(await read('a2', { role: 'audit-administrator' }, 'action=user')).toEqual(['t2']);
  expect(await read('a3', { role: 'auditor', division: '320412' })).toEqual([]);
  expect(await read('a4', { role: 'city-administrator', wholeCity: true })).toBe(403);
  expect(await read('a5', { role: 'auditor', wholeCity: true, validTo: NOW - HOUR })).toBe(403);
});
