import type { ModuleExamples } from '../../../test/conformance/examples.ts';
import type { World } from '../../../test/conformance/world.ts';

type Place = 'ours' | 'theirs';
const ids = new Map<string, number>();
const institution = (world: World, place: Place) => ({
  code: `CZ-NEW-${place}`,
  nameZh: '新机构',
  nameEn: 'New',
  typeCode: 'office',
  divisionCode: world[place].division,
  areaM2: '100.00',
  headcount: 5,
  memberFrom: '2026-01-01',
  sourceDocument: 'x',
});
const params = (place: Place) => ({ id: ids.get(place) ?? 0 });

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    const { rows } = await owner.query<{ id: number }>(
      `with author as (
         insert into platform.app_user (login, display_name) values ('registrar-' || $1, 'registrar') returning id
       ), course as (
         insert into platform.approval (template_id, subject, level, amount_fen, requested_by, requested_at, institution_id, status)
         select t.id, 'registry-' || $1, 'unit', 0, a.id, $3, $2, 'running'
         from platform.approval_template t, author a where t.matter = 'institution-suspension' returning id, requested_by
       ) insert into registry.institution_change (institution_id, kind, effective_on, reason, source_document, content,
           requested_by, requested_at, approval_id)
         select $2, 'suspension', '2026-01-01', 'x', 'x', '{}', requested_by, $3, id from course returning id`,
      [place, world[place].institutionId, new Date(world.now)],
    );
    ids.set(place, rows[0]?.id ?? 0);
  },
  change: async (owner, world, place) => {
    await owner.query("update registry.institution_change set reason = reason || '!' where institution_id = $1", [
      world[place].institutionId,
    ]);
  },
  routes: {
    createInstitution: (world, place) => ({ body: institution(world, place) }),
    updateInstitutionDraft: (world, place) => ({ body: institution(world, place), headers: { 'if-match': '"1"' } }),
    createInstitutionChange: (world, place) => ({
      body: {
        kind: 'suspension',
        institutionId: world[place].institutionId,
        effectiveOn: '2026-10-01',
        reason: 'x',
        sourceDocument: 'x',
      },
    }),
    getInstitutionChange: (_, place) => ({ params: params(place) }),
    decideInstitutionChange: (_, place) => ({ params: params(place), body: { kind: 'approve' } }),
  },
  refusedAsExample: {
    updateInstitutionDraft: 'the example is in force; institution-changes.test.ts',
    decideInstitutionChange: 'whose turn it is decides; institution-changes.test.ts',
  },
};
