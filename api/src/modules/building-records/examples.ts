import type { ModuleExamples } from '../../../test/conformance/examples.ts';

type Place = 'ours' | 'theirs';
/** Known numbers, so that an example can name a row before it is there. */
const ids = { ours: 900_001, theirs: 900_002 };
const building = { code: 'NEW', nameZh: '新楼', nameEn: 'New' };
const zone = { code: 'NEW', nameZh: '机房', nameEn: 'Data centre', areaM2: '20' };
const params = (place: Place) => ({ id: ids[place] });
/** One more, to be retired: the first is still changed afterwards. */
const spare = (place: Place) => ids[place] + 10;
const headers = { 'if-match': '"1"' };

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    await owner.query(
      `with building as (
         insert into energy.building (id, institution_id, code, name_zh, name_en, area_m2, created_by)
         overriding system value values ($1, $2, 'B', '楼', 'B', 100, 'x') returning id, institution_id)
       insert into energy.zone (id, building_id, institution_id, code, name_zh, name_en, area_m2, created_by)
       overriding system value select $1, id, institution_id, 'Z', '区', 'Z', 10, 'x' from building`,
      [ids[place], world[place].institutionId],
    );
    await owner.query(
      `insert into energy.building (id, institution_id, code, name_zh, name_en, area_m2, created_by)
       overriding system value values ($1, $2, 'SPARE', '旧楼', 'Spare', 100, 'x')`,
      [spare(place), world[place].institutionId],
    );
  },
  change: async (owner, _, place) => {
    await owner.query("update energy.building set name_zh = name_zh || 'x' where id = $1", [ids[place]]);
    await owner.query('update energy.zone set area_m2 = area_m2 + 1 where id = $1', [ids[place]]);
  },
  routes: {
    getBuilding: (_, place) => ({ params: params(place) }),
    createBuilding: (world, place) => ({ body: { institutionId: world[place].institutionId, ...building } }),
    updateBuilding: (_, place) => ({ params: params(place), headers, body: { ...building, code: 'B' } }),
    retireBuilding: (_, place) => ({
      params: { id: spare(place) },
      headers,
      body: { on: '2026-11-01', reason: 'x' },
    }),
    listZones: (_, place) => ({ params: params(place) }),
    createZone: (_, place) => ({ params: params(place), body: zone }),
    updateZone: (_, place) => ({ params: params(place), headers, body: { ...zone, code: 'Z' } }),
    deleteZone: (_, place) => ({ params: params(place), headers }),
  },
};
