import type { ModuleExamples } from '../../../test/conformance/examples.ts';

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    const { meterId, institutionId } = world[place];
    await owner.query(
      `with r as (
         insert into energy.allocation_rule (meter_id, valid_from, basis, source_document, recorded_by)
         values ($1, '2026-01-01', 'fixed', 'x', 'x') returning id, meter_id),
       s as (insert into energy.allocation_share (rule_id, institution_id, weight) select id, $2, 1 from r)
       insert into energy.allocated_day (meter_id, day, institution_id, rule_id, medium, energy)
       select meter_id, '2026-11-20', $2, id, 'electricity', 7 from r`,
      [meterId, institutionId],
    );
  },
  change: async (owner, world, place) => {
    await owner.query('update energy.allocated_day set energy = energy + 1 where meter_id = $1', [
      world[place].meterId,
    ]);
    await owner.query(
      "update energy.allocation_rule set source_document = source_document || 'x' where meter_id = $1",
      [world[place].meterId],
    );
  },
  routes: {
    createAllocationRule: () => ({
      body: { basis: 'none', validFrom: '2026-01-01', sourceDocument: 'x', shares: [] },
    }),
  },
};
