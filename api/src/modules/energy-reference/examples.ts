import type { ModuleExamples } from '../../../test/conformance/examples.ts';

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    await owner.query(
      `insert into energy.base_fact (institution_id, kind, value, valid_from, source_document, recorded_by)
       values ($1, 'area', 10, '2026-01-01', 'x', 'x')`,
      [world[place].institutionId],
    );
    await owner.query(
      `insert into energy.meter_use (meter_id, purpose, valid_from, source_document, recorded_by)
       values ($1, 'it', '2026-01-01', 'x', 'x')`,
      [world[place].meterId],
    );
  },
  change: async (owner, world, place) => {
    const { institutionId, meterId } = world[place];
    await owner.query('update energy.base_fact set value = value + 1 where institution_id = $1', [institutionId]);
    await owner.query('update energy.meter_use set valid_to = $2 where meter_id = $1', [meterId, '2026-12-01']);
  },
  routes: {
    createBaseFact: () => ({ body: { kind: 'area', value: '9', validFrom: '2026-01-01', sourceDocument: 'x' } }),
    createMeterUse: () => ({ body: { purpose: 'heating', validFrom: '2027-01-01', sourceDocument: 'x' } }),
    createEnergyFactor: () => ({
      body: {
        kind: 'emission',
        carrier: 'electricity',
        variant: 'jiangsu',
        value: '0.55',
        unit: 'kgCO2/kWh',
        validFrom: '2024-01-01',
        sourceDocument: 'x',
      },
    }),
    createCalendarDay: () => ({ body: { day: '2026-12-31', dayType: 'holiday', sourceDocument: 'x' } }),
  },
  unscoped: {
    listEnergyCarriers: 'public reference data',
    listEnergyFactors: 'public reference data',
    createEnergyFactor: 'reference data of the whole city',
    listCalendarDays: 'public reference data',
    createCalendarDay: 'reference data of the whole city',
  },
};
