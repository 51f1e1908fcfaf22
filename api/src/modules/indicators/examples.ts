import type { ModuleExamples } from '../../../test/conformance/examples.ts';

export const examples: ModuleExamples = {
  // groups below three are not told of: two more in the division
  seed: async (owner, world, place) => {
    for (const n of [1, 2]) {
      await owner.query(
        `with i as (
           insert into registry.institution (code, name_zh, name_en, type_code, division_code, area_m2, headcount)
           values ($1, '机构', 'Institution', 'office', $2, 100, 5) returning id)
         insert into energy.utility_account (institution_id, carrier, account_no, supplier, purpose, counting, created_by)
         select id, 'electricity', $1, 'x', 'building', 'additional', 'x' from i`,
        [`CZ-${place}-${n}`, world[place].division],
      );
    }
  },
  routes: { closeIndicatorYear: () => ({ body: { year: 2025, reason: 'x' } }) },
};
