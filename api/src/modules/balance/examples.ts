import type { ModuleExamples } from '../../../test/conformance/examples.ts';

export const examples: ModuleExamples = {
  // only a meter with sub-meters has a balance
  seed: async (owner, world, place) => {
    const { meterId, institutionId } = world[place];
    await owner.query(
      `insert into registry.meter (code, institution_id, parent_id, name_zh, name_en, medium, role, template)
       values ($1, $2, $3, 'x', 'x', 'electricity', 'sub', 'eastron-sdm630')`,
      [`SUB-${place}`, institutionId, meterId],
    );
  },
};
