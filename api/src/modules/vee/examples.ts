import type { ModuleExamples } from '../../../test/conformance/examples.ts';

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    const { meterId } = world[place];
    // a twin on the same flow, which tells nothing by itself
    const { rows } = await owner.query<{ id: number }>(
      `insert into registry.meter (code, institution_id, name_zh, name_en, medium, role, template)
       select code || '-CHECK', institution_id, '考核表', 'Check meter', medium, 'main', template from registry.meter where id = $1
       returning id`,
      [meterId],
    );
    await owner.query(
      `insert into ledger.check_meter (meter_id, check_meter_id, valid_from, note, recorded_by, recorded_at)
       values ($1, $2, $3, 'x', 'test', $3)`,
      [meterId, rows[0]?.id, new Date(world.now)],
    );
  },
  change: async (owner, world, place) => {
    await owner.query(`update ledger.check_meter set note = note || 'x' where meter_id = $1`, [world[place].meterId]);
  },
  routes: {
    // every reading lies below: all of them are flagged with their values
    dryRunVeeRule: () => ({ query: { rule: 'V1', parameter: 'lowest', value: 1_000_000 } }),
    createVeeThreshold: () => ({
      body: { rule: 'V2', parameter: 'timesMaximum', value: 3, validFrom: '2026-11-01', reason: 'x' },
    }),
    createCheckMeter: (world, place) => ({
      body: { checkMeterId: world[place === 'ours' ? 'theirs' : 'ours'].meterId, from: '2026-11-01', note: 'x' },
    }),
  },
  unscoped: {
    listVeeRules: 'names of rules, of no institution',
    listVeeThresholds: 'reference data of the whole city, of no institution',
  },
};
