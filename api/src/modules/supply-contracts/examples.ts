import type { ModuleExamples } from '../../../test/conformance/examples.ts';

const insert = `insert into energy.supply_contract (institution_id, valid_from, basis, source_document, recorded_by)
  values ($1, $2, 'none', 'x', 'x')`;

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    await owner.query(insert, [world[place].institutionId, '2026-01-01']);
  },
  change: async (owner, world, place) => {
    await owner.query(insert, [world[place].institutionId, '2026-02-01']);
  },
  routes: {
    createSupplyContract: () => ({ body: { basis: 'none', validFrom: '2026-01-01', sourceDocument: 'x' } }),
  },
};
