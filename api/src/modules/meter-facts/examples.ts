import type { ModuleExamples } from '../../../test/conformance/examples.ts';

export const examples: ModuleExamples = {
  change: async (owner, world, place) => {
    await owner.query(
      `insert into registry.meter_fact (meter_id, valid_from, role, direction, source_document, recorded_by)
       values ($1, '2026-01-01', 'main', 'in', 'x', 'x')`,
      [world[place].meterId],
    );
  },
  routes: {
    createMeterFact: () => ({ body: { role: 'main', direction: 'in', validFrom: '2026-01-01', sourceDocument: 'x' } }),
  },
};
