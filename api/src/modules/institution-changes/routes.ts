import { sessionOf } from '../../auth/guard.ts';
import type { ApiModule } from '../../context.ts';
import { notFound } from '../../errors/refuse.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { wantedVersion } from '../../lib/version.ts';
import { WriteHeaders, write } from '../../lib/write.ts';
import { NewChange } from '../../registry/change.ts';
import { InstitutionInput } from '../../registry/input.ts';
import { createInstitution, existingInstitution, updateDraft } from '../../registry/institutions.ts';
import { decide, existingChange, handIn, subjectOf } from './course.ts';
import { ChangePage, DecideChange, InstitutionChange, InstitutionDraft, ListChanges } from './schema.ts';
import { changeOf, findChange, listChanges } from './sql.ts';

const tags = ['institution-changes'];
const config = { auth: 'user' } as const;

/** Entry and life of institutions: whoever asks is not who decides. */
export const institutionChanges: ApiModule = {
  name: 'institution-changes',
  routes: (api, context) => {
    const { db } = context;

    api.route({
      method: 'POST',
      url: '/institutions',
      config,
      schema: {
        tags,
        operationId: 'createInstitution',
        summary: 'Enter an institution as a draft · 新建机构（草稿）',
        querystring: NoQuery,
        headers: WriteHeaders,
        body: InstitutionInput,
        response: { 201: InstitutionDraft, ...problems(400, 401, 403, 409) },
      },
      handler: async (request, reply) => {
        const answer = await write(context, request, 'institution.create', async (tx) => {
          const created = await createInstitution(tx, request.body);
          return { answer: created, target: `institution/${created.id}` };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'PUT',
      url: '/institutions/:id',
      config,
      schema: {
        tags,
        operationId: 'updateInstitutionDraft',
        summary: 'Replace a draft, with If-Match · 修改机构草稿',
        params: IdParams,
        querystring: NoQuery,
        headers: WriteHeaders,
        body: InstitutionInput,
        response: { 200: InstitutionDraft, ...problems(400, 401, 403, 404, 409, 412) },
      },
      handler: async (request) =>
        write(context, request, 'institution.update', async (tx) => {
          const { id } = request.params;
          const before = await existingInstitution(tx, id);
          const answer = await updateDraft(tx, id, wantedVersion(request.headers['if-match']), request.body);
          return { answer, target: `institution/${id}`, before };
        }),
    });

    api.route({
      method: 'GET',
      url: '/institution-changes',
      config,
      schema: {
        tags,
        operationId: 'listInstitutionChanges',
        summary: 'Changes of the registry, newest first · 名录库变更',
        querystring: ListChanges,
        response: { 200: ChangePage, ...problems(400, 401, 403) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await listChanges(db, query);
        return { items: rows.map(changeOf), nextCursor };
      },
    });

    api.route({
      method: 'POST',
      url: '/institution-changes',
      config,
      schema: {
        tags,
        operationId: 'createInstitutionChange',
        summary: 'Hand in an entry, change, suspension, removal, merger or split · 提交机构变更',
        querystring: NoQuery,
        headers: WriteHeaders,
        body: NewChange,
        response: { 201: InstitutionChange, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const { user } = sessionOf(request);
        const answer = await write(context, request, 'institution-change.create', async (tx, _actor, now) => {
          const row = await handIn(tx, request.body, user, now);
          return { answer: changeOf(row), target: subjectOf(row.id) };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'GET',
      url: '/institution-changes/:id',
      config,
      schema: {
        tags,
        operationId: 'getInstitutionChange',
        summary: 'One change with its state · 变更详情',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: InstitutionChange, ...problems(400, 401, 403, 404) },
      },
      handler: async ({ params }) => {
        const row = await findChange(db, params.id);
        if (!row) throw notFound();
        return changeOf(row);
      },
    });

    api.route({
      method: 'POST',
      url: '/institution-changes/:id/decisions',
      config: { auth: 'user', permission: 'data.review' },
      schema: {
        tags,
        operationId: 'decideInstitutionChange',
        summary: 'Approve or reject the running step; the last approval applies it · 审批机构变更',
        params: IdParams,
        querystring: NoQuery,
        headers: WriteHeaders,
        body: DecideChange,
        response: { 200: InstitutionChange, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request) => {
        const { user } = sessionOf(request);
        const action = request.body;
        return write(context, request, 'institution-change.decide', async (tx, login, now) => {
          const before = await existingChange(tx, request.params.id, true);
          await decide(tx, before, { actor: { id: user.id, actsFor: [] }, login, action }, now);
          const after = changeOf(await existingChange(tx, before.id));
          return { answer: after, target: subjectOf(before.id), before: changeOf(before) };
        });
      },
    });
  },
};
