import { hourStart } from '@ganzhi/schemas';
import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bookHours, startHarness } from '../../test/harness.ts';
import type { Right } from '../../test/people.ts';

/** Totals that would tell what one institution used are withheld from those who may not read it (handbook §5). */
const NOW = Date.parse('2026-11-23T10:30:00+08:00');
const harness = await startHarness({ now: NOW });
const { app, owner } = harness;
afterAll(() => harness.stop());

const ids: number[] = [];
beforeAll(async () => {
  for (const n of [1, 2, 3, 4]) {
    const { institutionId, meters } = await fixtureRegistry(owner, {
      institution: `CZ-${n}`,
      gateways: [`GW-${n}`],
      meters: [{ code: `M-${n}` }],
    });
    ids.push(institutionId);
    await bookHours(owner, meters.get(`M-${n}`) ?? 0, [{ at: hourStart(NOW) - 3_600_000, counts: n * 100 }]);
  }
  await fixtureRegistry(owner, { institution: 'CZ-5', gateways: [], meters: [] });
});

let persons = 0;
async function cityOf(...rights: Right[]) {
  persons += 1;
  const { headers } = await harness.person(`viewer${persons}`, ...rights);
  return (await app.inject({ url: '/api/v1/city', headers })).json();
}
const viewer = (...institutions: number[]): Right => ({ role: 'city-viewer', institutions });
const reader = (...institutions: number[]): Right => ({ role: 'filler', institutions });

test('two are too few, three are enough; one without meters hides nobody', async () => {
  const [a = 0, b = 0, c = 0] = ids;
  const two = await cityOf(viewer(a, b));
  expect(two).toMatchObject({
    suppressed: { reason: 'small-group', fewerThan: 3 },
    powerKw: null,
    today: { consumption: null, coverage: null },
    hours: { today: [], yesterday: [] },
    institutions: { registered: 2 },
  });
  expect(await cityOf(viewer(a, b, c))).toMatchObject({ suppressed: null, today: { consumption: 6 } });
  const { rows } = await owner.query<{ id: number }>("select id from registry.institution where code = 'CZ-5'");
  expect((await cityOf(viewer(a, b, rows[0]?.id ?? 0))).suppressed).not.toBeNull();
});

test('what one may read by itself does not hide the rest', async () => {
  const [a = 0, b = 0, c = 0, d = 0] = ids;
  expect((await cityOf(viewer(a, b, c), reader(a))).suppressed).not.toBeNull();
  expect((await cityOf(viewer(a, b, c, d), reader(a))).suppressed).toBeNull();
  // whoever may read each of them learns nothing new
  expect((await cityOf(viewer(a, b), reader(a, b))).suppressed).toBeNull();
  expect((await cityOf({ role: 'city-administrator', wholeCity: true })).suppressed).toBeNull();
});

test('a token that may only see totals counts as one who reads nothing', async () => {
  const [a = 0] = ids;
  const { headers } = await harness.person('maker', reader(a));
  const made = await app.inject({
    method: 'POST',
    url: '/api/v1/tokens',
    headers,
    payload: { name: 'totals', permissions: ['aggregate.read'], days: 1 },
  });
  const answer = await app.inject({ url: '/api/v1/city', headers: { authorization: `Bearer ${made.json().token}` } });
  expect(answer.json().suppressed).not.toBeNull();
});
