import { DAY, dateText } from '@ganzhi/schemas';
import type { ModuleExamples } from '../../../test/conformance/examples.ts';

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    const { meterId } = world[place];
    const before = new Date(world.now - 30 * DAY);
    await owner.query(
      `insert into ledger.decision (meter_id, point, from_ts, to_ts, kind, effect, evidence, rule)
       values ($1, 1, $2, $2, 'reset', 'disputed', '{}', 2)`,
      [meterId, before],
    );
    await owner.query(
      `insert into ledger.superseded_day (meter_id, point, day, booked, undistributed, disputed, covered_s, known_since, known_until, cause)
       values ($1, 1, $2, 7, 0, 0, 0, $3, $4, 'readings')`,
      [meterId, dateText(world.now), before, new Date(world.now)],
    );
    const found = {
      meterCode: world[place].meterCode,
      point: 'energy.import',
      kind: 'hour',
      expected: '1',
      found: '2',
    };
    await owner.query(
      `insert into ledger.conservation_run (started_at, finished_at, meters, pending_marks, differences, examples)
       values ($1, $1, 1, 0, 1, $2)`,
      [before, JSON.stringify([{ ...found, at: null }])],
    );
  },
  change: async (owner, world, place) => {
    await owner.query(
      `update ledger.conservation_run set examples = jsonb_set(examples, '{0,found}', '"3"')
       where examples -> 0 ->> 'meterCode' = $1`,
      [world[place].meterCode],
    );
    await owner.query('update ledger.decision set rule = rule + 1 where meter_id = $1', [world[place].meterId]);
  },
  routes: {
    explainMeter: (world) => ({ query: { from: dateText(world.now), to: dateText(world.now + DAY) } }),
    explainInstitution: (world) => ({ query: { from: dateText(world.now - DAY), to: dateText(world.now + DAY) } }),
    listLedgerRestatements: (world) => ({ query: { since: dateText(world.now - 2 * DAY) } }),
  },
  unscoped: { getLedgerState: 'counts of the whole service, of no institution' },
};
