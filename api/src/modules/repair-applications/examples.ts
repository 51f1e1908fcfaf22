import { createHash } from 'node:crypto';
import type { ModuleExamples } from '../../../test/conformance/examples.ts';
import type { World } from '../../../test/conformance/world.ts';

/** An application of each place by a user of its own, its id known from the title. */
const ids = new Map<string, number>();
const body = (world: World, place: 'ours' | 'theirs') => ({
  institutionId: world[place].institutionId,
  title: '屋面防水',
  reason: '渗漏',
  estimateCny: '120000.00',
});
const pdf = (place: string): Buffer => Buffer.from(`%PDF-${place}`);
const digest = (place: string): string => createHash('sha256').update(pdf(place)).digest('hex');
const params = (place: 'ours' | 'theirs') => ({ id: ids.get(place) ?? 0 });

export const examples: ModuleExamples = {
  seed: async (owner, world, place) => {
    const { rows } = await owner.query<{ id: number }>(
      `with author as (
         insert into platform.app_user (login, display_name) values ('author-' || $1, 'author') returning id
       ), made as (
         insert into office.repair_application (institution_id, title, reason, estimate_fen, created_by, created_at)
         select $2, $1, 'leaks', 12000000, id, $3 from author returning id, created_by
       ), kept as (
         insert into platform.evidence_blob values (sha256($4), $4) on conflict do nothing
       ), filed as (
         insert into platform.evidence (subject, sha256, name, media_type, added_by)
         select 'repair-application/' || id, sha256($4), 'a.pdf', 'application/pdf', created_by from made returning id
       ) select id from made`,
      [place, world[place].institutionId, new Date(world.now), pdf(place)],
    );
    ids.set(place, rows[0]?.id ?? 0);
  },
  change: async (owner, world, place) => {
    await owner.query(`update office.repair_application set title = title || '!' where institution_id = $1`, [
      world[place].institutionId,
    ]);
    await owner.query(
      `with other as (insert into platform.evidence_blob values (sha256($2), $2) on conflict do nothing)
       update platform.evidence set sha256 = sha256($2) where subject = $1`,
      [`repair-application/${ids.get(place)}`, pdf(`${place} changed`)],
    );
  },
  routes: {
    createRepairApplication: (world, place) => ({ body: body(world, place) }),
    getRepairApplication: (_, place) => ({ params: params(place) }),
    addRepairMaterial: (_, place) => ({
      params: params(place),
      query: { name: 'a.pdf', material: 'photo' },
      headers: { 'content-type': 'application/octet-stream' },
      body: Buffer.from('%PDF-stranger'),
    }),
    getRepairMaterial: (_, place) => ({ params: { ...params(place), code: digest(place) } }),
    submitRepairApplication: (_, place) => ({ params: params(place) }),
    decideRepairApplication: (_, place) => ({ params: params(place), body: { kind: 'approve' } }),
  },
  refusedAsExample: {
    addRepairMaterial: 'only its author may; repair-applications.test.ts',
    submitRepairApplication: 'only its author may; repair-applications.test.ts',
    decideRepairApplication: 'whose turn it is decides; repair-applications.test.ts',
  },
};
