import type { ModuleExamples } from '../../../test/conformance/examples.ts';
import type { World } from '../../../test/conformance/world.ts';

type Place = 'ours' | 'theirs';
/** Known numbers, so that an example can name a row before it is there. */
const ids = { ours: 900_001, theirs: 900_002 };
const headers = { 'if-match': '"1"' };
const account = (world: World, place: Place) => ({
  institutionId: world[place].institutionId,
  carrier: 'raw-coal',
  accountNo: 'NEW',
  supplier: 'x',
  counting: 'check',
});

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    await owner.query(
      `insert into energy.utility_account (id, institution_id, carrier, account_no, supplier, purpose, counting, created_by)
       overriding system value values ($1::int4, $2, 'electricity', $3, 'x', 'building', 'check', 'x')`,
      [ids[place], world[place].institutionId, place],
    );
    await owner.query(
      `insert into energy.bill (id, account_id, from_day, to_day, quantity, document_ref, origin, entered_by)
       overriding system value values ($1::int4, $1::int4, '2026-01-01', '2026-02-01', 100, 'x', 'entry', 'x')`,
      [ids[place]],
    );
  },
  change: async (owner, _, place) => {
    await owner.query("update energy.utility_account set supplier = supplier || 'x' where id = $1", [ids[place]]);
    await owner.query('update energy.bill set quantity = quantity + 1 where id = $1', [ids[place]]);
  },
  routes: {
    createUtilityAccount: (world, place) => ({ body: account(world, place) }),
    updateUtilityAccount: (_, place) => ({ params: { id: ids[place] }, headers, body: { supplier: 'y' } }),
    closeUtilityAccount: (_, place) => ({
      params: { id: ids[place] },
      headers,
      body: { on: '2026-11-01', reason: 'x' },
    }),
    createBill: (_, place) => ({
      body: { accountId: ids[place], from: '2026-03-01', to: '2026-04-01', quantity: '100', documentRef: 'x' },
    }),
    voidBill: (_, place) => ({ params: { id: ids[place] }, body: { reason: 'x' } }),
    importBills: () => ({
      body: {
        format: 'csv',
        content: Buffer.from(
          '户号,能源品种,起始日,终止日,数量,金额,单据\nours,electricity,2026-05-01,2026-06-01,7,5,x\n',
        ).toString('base64'),
        preview: false,
      },
    }),
    importSeries: (world, place) => ({
      body: {
        institutionId: world[place].institutionId,
        carrier: 'electricity',
        name: 'x',
        sourceDocument: 'x',
        format: 'csv',
        content: Buffer.from('hour,quantity\n2020-01-01 08:00,5\n').toString('base64'),
        preview: false,
      },
    }),
  },
  unscoped: { importBills: 'names accounts inside the file; a number that is out of scope is an error of its cell' },
};
