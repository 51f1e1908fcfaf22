import { DAY, dateText } from '@ganzhi/schemas';
import type { ModuleExamples } from '../../../test/conformance/examples.ts';

const MONTH = '2026-09-01';
let id = 0;
const params = () => ({ params: { id } });

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    await owner.query('insert into ledger.closing (month, state) values ($1, $2) on conflict do nothing', [
      MONTH,
      'closed',
    ]);
    const { rows } = await owner.query<{ id: number }>('select id from ledger.closing where month = $1', [MONTH]);
    id = rows[0]?.id ?? 0;
    await owner.query(
      `insert into platform.app_user (login, display_name, password_hash, password_changed_at)
       values ('closing-' || $1, 'x', 'never matches', $2)`,
      [place, new Date(world.now)],
    );
    const event = await owner.query<{ id: number }>(
      `insert into ledger.closing_event (closing_id, event, reason, asked_by, decided_by, at)
       select $1, 'close', 'x', min(id), max(id), $2 from platform.app_user returning id`,
      [id, new Date(world.now - DAY)],
    );
    await owner.query(
      `insert into ledger.entry (closing_id, event_id, meter_id, point, kind, energy, disputed)
       values ($1, $2, $3, 1, 'closing', 5, 0)`,
      [id, event.rows[0]?.id, world[place].meterId],
    );
    await owner.query(`insert into ledger.day values ($1, 1, $2, 9, 0, 0, 0)`, [
      world[place].meterId,
      dateText(Date.parse('2026-09-10T00:00:00+08:00')),
    ]);
  },
  change: async (owner, world, place) => {
    await owner.query('update ledger.entry set energy = energy + 1 where meter_id = $1', [world[place].meterId]);
  },
  routes: {
    askToCloseMonth: () => ({ body: { month: '2026-08', reason: 'x' } }),
    askToReopenMonth: () => ({ ...params(), body: { reason: 'x' } }),
    approveClosedMonth: params,
    refuseClosedMonth: params,
  },
  unscoped: {
    listPublishedReports: 'digests and times of files, no figures',
    listClosedMonths: 'months of the whole city, no figures',
    askToCloseMonth: 'for the whole city only',
    askToReopenMonth: 'for the whole city only',
    approveClosedMonth: 'for the whole city only',
    refuseClosedMonth: 'for the whole city only',
  },
  refusedAsExample: {
    refuseClosedMonth: 'the example is approved by then; closed-months.test.ts',
  },
};
