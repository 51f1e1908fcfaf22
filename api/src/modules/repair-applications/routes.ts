import type { Db, Tx } from '@ganzhi/schemas/db';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { sessionOf } from '../../auth/guard.ts';
import type { ApiModule, Context } from '../../context.ts';
import { readApproval } from '../../engines/approval/sql.ts';
import { MAX_BYTES } from '../../engines/evidence/rules.ts';
import { keepEvidence, listEvidence, readEvidence } from '../../engines/evidence/sql.ts';
import { notFound, Refusal } from '../../errors/refuse.ts';
import { takeOctets } from '../../lib/octets.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { WriteHeaders, write } from '../../lib/write.ts';
import { institutionExists } from '../reference/sql.ts';
import { decideRepair, handInRepair } from './course.ts';
import { detailOf, itemOf, peopleOf, subjectOf } from './rules.ts';
import {
  AddMaterial,
  CreateRepairApplication,
  DecideRepairApplication,
  fenOf,
  ListRepairApplications,
  MaterialParams,
  RepairApplication,
  RepairApplicationDetail,
  RepairApplicationPage,
} from './schema.ts';
import { addMaterial, findRepair, insertRepair, listRepairs, loginsOf, materialsOf, type RepairRow } from './sql.ts';

const tags = ['repair-applications'];
const config = { auth: 'user' } as const;
const FILE = {
  description: 'The bytes as they were handed in',
  content: { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } },
};

/**
 * 办公用房大中修申请. The blueprint: a module is a folder with shapes, pure rules, statements and routes; everything that
 * other modules need as well it takes from the engines.
 */
export const repairApplications: ApiModule = {
  name: 'repair-applications',
  routes: (api, context) => {
    const { db } = context;
    takeOctets(api);

    api.route({
      method: 'GET',
      url: '/repair-applications',
      config,
      schema: {
        tags,
        operationId: 'listRepairApplications',
        summary: 'Applications for repairs, newest first · 大中修申请',
        querystring: ListRepairApplications,
        response: { 200: RepairApplicationPage, ...problems(400, 401, 403) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await listRepairs(db, query, query);
        return { items: rows.map(itemOf), nextCursor };
      },
    });

    api.route({
      method: 'POST',
      url: '/repair-applications',
      config,
      schema: {
        tags,
        operationId: 'createRepairApplication',
        summary: 'Begin an application as a draft · 新建申请（草稿）',
        querystring: NoQuery,
        headers: WriteHeaders,
        body: CreateRepairApplication,
        response: { 201: RepairApplication, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const { institutionId, title, reason, estimateCny } = request.body;
        if (!(await institutionExists(db, institutionId))) throw notFound();
        const { user } = sessionOf(request);
        const created = await write(context, request, 'repair-application.create', async (tx, _actor, now) => {
          const draft = { institutionId, title, reason, estimateFen: fenOf(estimateCny), createdBy: user.id };
          const row = await existing(tx, await insertRepair(tx, draft, now));
          return { answer: itemOf(row), target: subjectOf(row.id) };
        });
        return reply.code(201).send(created);
      },
    });

    api.route({
      method: 'GET',
      url: '/repair-applications/:id',
      config,
      schema: {
        tags,
        operationId: 'getRepairApplication',
        summary: 'One application with its materials, course and history · 申请详情',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: RepairApplicationDetail, ...problems(400, 401, 403, 404) },
      },
      handler: async ({ params }) => detail(db, await existing(db, params.id)),
    });

    api.route({
      method: 'POST',
      url: '/repair-applications/:id/materials',
      config,
      bodyLimit: MAX_BYTES,
      schema: {
        tags,
        operationId: 'addRepairMaterial',
        summary: 'Add a file as evidence, as application/octet-stream · 上传附件',
        params: IdParams,
        querystring: AddMaterial,
        headers: WriteHeaders,
        response: { 200: RepairApplicationDetail, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request) => {
        const { id } = request.params;
        const { name, material } = request.query;
        const content = fileOf(request.body);
        const { user } = sessionOf(request);
        return write(context, request, 'repair-application.add-material', async (tx) => {
          const row = await existing(tx, id, true);
          assertEditable(row, user.id);
          const kept = await keepEvidence(tx, { subject: subjectOf(id), name, addedBy: user.id, content });
          await addMaterial(tx, id, kept.id, material);
          const after = { material, name: kept.name, sha256: kept.sha256 };
          return { answer: await detail(tx, row), target: subjectOf(id), after };
        });
      },
    });

    api.route({
      method: 'GET',
      url: '/repair-applications/:id/materials/:code',
      config,
      schema: {
        tags,
        operationId: 'getRepairMaterial',
        summary: 'The file of a material by its SHA-256, as it was handed in · 下载附件',
        params: MaterialParams,
        querystring: NoQuery,
        response: { 200: FILE, ...problems(400, 401, 403, 404) },
      },
      handler: async ({ params }, reply) => {
        const row = await existing(db, params.id);
        const file = await readEvidence(db, { subject: subjectOf(row.id), sha256: params.code });
        return sendFile(reply, file);
      },
    });

    api.route({
      method: 'POST',
      url: '/repair-applications/:id/submission',
      config,
      schema: {
        tags,
        operationId: 'submitRepairApplication',
        summary: 'Hand a draft in, or again after a return · 提交审批',
        params: IdParams,
        querystring: NoQuery,
        headers: WriteHeaders,
        response: { 200: RepairApplicationDetail, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request) => {
        const { user } = sessionOf(request);
        return change(context, request, 'repair-application.submit', (tx, row, now) =>
          handInRepair(tx, row, user, now),
        );
      },
    });

    api.route({
      method: 'POST',
      url: '/repair-applications/:id/decisions',
      config: { auth: 'user', permission: 'data.review' },
      schema: {
        tags,
        operationId: 'decideRepairApplication',
        summary: 'Approve, reject or return the running step · 审批',
        params: IdParams,
        querystring: NoQuery,
        headers: WriteHeaders,
        body: DecideRepairApplication,
        response: { 200: RepairApplicationDetail, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request) => {
        const actor = { id: sessionOf(request).user.id, actsFor: [] };
        const action = request.body;
        return change(context, request, 'repair-application.decide', async (tx, row, now) => {
          await decideRepair(tx, row, { actor, action }, now);
        });
      },
    });
  },
};

/** @throws Refusal `not-found`, also for what lies outside the caller's scope */
async function existing(db: Db | Tx, id: number, lock = false): Promise<RepairRow> {
  const row = await findRepair(db, id, lock);
  if (!row) throw notFound();
  return row;
}

async function detail(db: Db | Tx, row: RepairRow) {
  const approval = row.approval_id === null ? undefined : await readApproval(db, row.approval_id);
  const evidence = await listEvidence(db, subjectOf(row.id));
  const materials = await materialsOf(db, row.id);
  return detailOf(row, { approval, evidence, materials, logins: await loginsOf(db, peopleOf(approval)) });
}

/** One change of an application: locked, done, told, with the state before and after on record. */
function change(
  context: Context,
  request: FastifyRequest<{ Params: { id: number } }>,
  action: string,
  work: (tx: Tx, row: RepairRow, now: number) => Promise<void>,
) {
  return write(context, request, action, async (tx, _actor, now) => {
    const before = await existing(tx, request.params.id, true);
    await work(tx, before, now);
    const after = await existing(tx, before.id);
    return {
      answer: await detail(tx, after),
      target: subjectOf(before.id),
      before: { status: before.status },
      after: { status: after.status, number: after.number },
    };
  });
}

/** Materials belong to the author, until the application is under way. */
function assertEditable({ created_by: author, status }: RepairRow, userId: number): void {
  if (author !== userId) {
    throw new Refusal('forbidden', { zh: '只有填报人可以上传附件。', en: 'Only who filled it in may add files.' });
  }
  if (status !== 'draft' && status !== 'returned') {
    throw new Refusal('conflict', {
      zh: '审批中的申请不能增加附件。',
      en: 'An application under way takes no more files.',
    });
  }
}

function fileOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  throw new Refusal('invalid-request', {
    zh: '请以 application/octet-stream 发送文件内容。',
    en: 'Send the bytes of the file as application/octet-stream.',
  });
}

/** Bytes go past the serializer; always as an attachment, so that a browser shows nothing of it as a page of ours. */
const sendFile = (
  reply: FastifyReply,
  { name, mediaType, content }: { name: string; mediaType: string; content: Buffer },
) =>
  reply
    .type(mediaType)
    .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(name)}`)
    .send(content);
