import type { ModuleExamples } from '../../../test/conformance/examples.ts';
import type { World } from '../../../test/conformance/world.ts';

const codeOf = (place: 'ours' | 'theirs'): string => `V-${place}`;
/** Ids are those of the order in which places are filled. */
const idOf = (_: World, place: 'ours' | 'theirs') => ({ params: { id: place === 'ours' ? 1 : 2 } });
const version = { formula: '[M-OURS]', validFrom: '2026-01-01', sourceDocument: 'x' };

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    await owner.query(
      `with v as (
         insert into energy.virtual_meter (code, institution_id, medium, kind, name_zh, name_en, created_by)
         values ($1, $2, 'electricity', 'formula', 'x', 'x', 'x') returning id),
       f as (
         insert into energy.virtual_formula (virtual_meter_id, valid_from, formula, source_document, recorded_by)
         select id, '2026-01-01', 'x', 'x', 'x' from v returning id, virtual_meter_id)
       insert into energy.virtual_day (virtual_meter_id, day, formula_id, energy, missing)
       select virtual_meter_id, '2026-11-20', id, 5, '{}' from f`,
      [codeOf(place), world[place].institutionId],
    );
  },
  change: async (owner, _, place) => {
    const id = 'select id from energy.virtual_meter where code = $1';
    await owner.query(`update energy.virtual_meter set name_zh = name_zh || 'x' where code = $1`, [codeOf(place)]);
    await owner.query(`update energy.virtual_day set energy = energy + 1 where virtual_meter_id = (${id})`, [
      codeOf(place),
    ]);
  },
  routes: {
    createVirtualMeter: (world, place) => ({
      body: {
        kind: 'formula',
        medium: 'electricity',
        code: 'V-NEW',
        institutionId: world[place].institutionId,
        nameZh: 'x',
        nameEn: 'x',
        ...version,
      },
    }),
    getVirtualMeter: idOf,
    createVirtualMeterFormula: (world, place) => ({ ...idOf(world, place), body: version }),
    getVirtualMeterDays: idOf,
  },
};
