import type { ModuleExamples } from '../../../test/conformance/examples.ts';

type Place = 'ours' | 'theirs';
const ids = { ours: 900_001, theirs: 900_002 };

export const examples: ModuleExamples = {
  seed: async (owner, world, place: Place) => {
    await owner.query(
      `insert into energy.manual_reading (id, meter_id, ts, register, photo_ref, findings, state, entered_by)
       overriding system value values ($1, $2, '2026-11-01T00:00:00Z', 5, 'x', '[]', 'waiting', 'x')`,
      [ids[place], world[place].meterId],
    );
  },
  change: async (owner, _, place) => {
    await owner.query('update energy.manual_reading set register = register + 1 where id = $1', [ids[place]]);
  },
  routes: {
    createManualReading: (world, place) => ({
      body: { meterId: world[place].meterId, at: '2026-11-02', register: '7', photoRef: 'x' },
    }),
    checkManualReading: (_, place) => ({ params: { id: ids[place] }, body: { decision: 'reject' } }),
  },
  refusedAsExample: {
    createManualReading: 'a gateway reads the example meter; manual-readings.test.ts',
  },
};
