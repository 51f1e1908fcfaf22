import type { ModuleExamples } from '../../../test/conformance/examples.ts';
import type { World } from '../../../test/conformance/world.ts';

/** Ids are those of the order in which places are filled. */
const idOf = (_: World, place: 'ours' | 'theirs') => ({ params: { id: place === 'ours' ? 1 : 2 } });

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    const { institutionId, meterId } = world[place];
    await owner.query(
      `with b as (
         insert into energy.building (institution_id, code, name_zh, name_en, area_m2, created_by)
         values ($1, 'B-1', 'x', 'x', 100, 'x') returning id)
       insert into energy.meter_place (meter_id, building_id) select $2, id from b`,
      [institutionId, meterId],
    );
  },
  change: async (owner, world, place) => {
    await owner.query('update energy.building set area_m2 = area_m2 + 1 where institution_id = $1', [
      world[place].institutionId,
    ]);
  },
  routes: { getBuildingConsumption: idOf, getBuildingIndicators: idOf },
};
