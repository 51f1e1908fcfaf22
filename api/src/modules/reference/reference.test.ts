import { fixtureRegistry } from '@ganzhi/schemas/testing';
import { afterAll, expect, test } from 'vitest';
import { startHarness } from '../../../test/harness.ts';

const harness = await startHarness();
const { owner, get } = harness;
afterAll(() => harness.stop());

test('divisions in their order, types by code', async () => {
  await fixtureRegistry(owner);
  await owner.query("insert into registry.division values ('320402', null, '天宁区', 'Tianning', 1)");
  expect((await get('/divisions')).json()).toEqual({
    items: [
      { code: '320402', nameZh: '天宁区', nameEn: 'Tianning' },
      { code: '320412', nameZh: '武进区', nameEn: 'Wujin' },
    ],
  });
  expect((await get('/institution-types')).json()).toEqual({
    items: [{ code: 'office', nameZh: '机关', nameEn: 'Government office' }],
  });
});
