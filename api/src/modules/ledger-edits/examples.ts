import type { ModuleExamples } from '../../../test/conformance/examples.ts';
import type { World } from '../../../test/conformance/world.ts';

const edits = new Map<string, number>();
const params = (world: World, place: 'ours' | 'theirs') => ({
  params: { id: edits.get(world[place].meterCode) ?? 0 },
});

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    const { rows } = await owner.query<{ id: number }>(
      `insert into ledger.edit (meter_id, point, kind, from_ts, to_ts, reason_code, note, proposed_by, proposed_at)
       values ($1, 1, 'book', $2, $2, 'other', 'x', (select min(id) from platform.app_user), $2) returning id`,
      [world[place].meterId, new Date(world.now)],
    );
    edits.set(world[place].meterCode, rows[0]?.id ?? 0);
  },
  change: async (owner, world, place) => {
    await owner.query(`update ledger.edit set note = note || 'x' where meter_id = $1`, [world[place].meterId]);
  },
  routes: {
    proposeLedgerEdit: () => ({
      body: { kind: 'book', from: '2026-11-23', to: '2026-11-24', reasonCode: 'other', note: 'x' },
    }),
    getLedgerEdit: params,
    approveLedgerEdit: params,
    rejectLedgerEdit: params,
    withdrawLedgerEdit: params,
  },
  refusedAsExample: {
    rejectLedgerEdit: 'the example is approved by then; ledger-edits.test.ts',
  },
};
