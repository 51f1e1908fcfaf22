import type { Tx } from '@ganzhi/schemas/db';
import type { FastifyRequest } from 'fastify';
import { sessionOf } from '../../auth/guard.ts';
import type { ApiModule } from '../../context.ts';
import { notFound } from '../../errors/refuse.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { WriteHeaders, type Written, write } from '../../lib/write.ts';
import { applyEdit, undoEdit } from './apply.ts';
import {
  assertClosing,
  assertNoOverlap,
  assertOpen,
  assertOther,
  assertSpan,
  assertStatus,
  contentOf,
  editOf,
} from './rules.ts';
import { Edit, EditPage, ListEdits, NewEdit } from './schema.ts';
import * as sql from './sql.ts';

const tags = ['ledger-edits'];
const config = { auth: 'user' } as const;
const reviewed = { auth: 'user', permission: 'data.review' } as const;

/** Edits of the ledger: proposed by one person with reason and attachment, decided by another, never deleted. */
export const ledgerEdits: ApiModule = {
  name: 'ledger-edits',
  routes: (api, context) => {
    const { db } = context;

    api.route({
      method: 'POST',
      url: '/meters/:id/ledger-edits',
      config,
      schema: {
        tags,
        operationId: 'proposeLedgerEdit',
        summary: 'Propose an edit, a replacement or a ratio of a meter · 提出台账修改',
        headers: WriteHeaders,
        params: IdParams,
        querystring: NoQuery,
        body: NewEdit,
        response: { 201: Edit, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const { body, params } = request;
        const answer = await write(context, request, 'ledger-edit.propose', async (tx, _actor, now) => {
          const register = await sql.bookedRegister(tx, params.id, body.from);
          if (!register) throw notFound();
          const to = 'to' in body ? (body.to ?? Number.POSITIVE_INFINITY) : body.from;
          assertSpan(body.from, to);
          assertOpen(await sql.closedMonth(tx, body.from, to));
          const content = contentOf(body, register);
          if (body.kind === 'ratio') assertNoOverlap(await sql.ratiosOf(tx, params.id), body.from, to);
          if (content.closing !== undefined) {
            const last = await sql.lastReading(tx, params.id, register.point, body.from);
            assertClosing(BigInt(content.closing), last, register.decimals);
          }
          const id = await sql.insertEdit(tx, {
            meterId: params.id,
            point: register.point,
            kind: body.kind,
            from: body.from,
            to,
            content,
            reasonCode: body.reasonCode,
            note: body.note,
            attachment: body.attachment ?? null,
            proposedBy: sessionOf(request).user.id,
            now,
          });
          const row = await sql.findEdit(tx, id);
          if (!row) throw notFound();
          return { answer: editOf(row), target: `ledger-edit/${id}` };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'GET',
      url: '/ledger-edits',
      config,
      schema: {
        tags,
        operationId: 'listLedgerEdits',
        summary: 'Edits of the ledger, newest first · 台账修改',
        querystring: ListEdits,
        response: { 200: EditPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await sql.listEdits(db, query);
        return { items: rows.map(editOf), nextCursor };
      },
    });

    api.route({
      method: 'GET',
      url: '/ledger-edits/:id',
      config,
      schema: {
        tags,
        operationId: 'getLedgerEdit',
        summary: 'One edit · 台账修改详情',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: Edit, ...problems(400, 401, 404) },
      },
      handler: async ({ params }) => {
        const row = await sql.findEdit(db, params.id);
        if (!row) throw notFound();
        return editOf(row);
      },
    });

    /** One step of an edit's course: locked, done, told. */
    const step = (
      request: FastifyRequest,
      id: number,
      action: string,
      work: (tx: Tx, row: sql.EditRow, userId: number, now: number) => Promise<void>,
    ) =>
      write(context, request, action, async (tx, _actor, now): Promise<Written<ReturnType<typeof editOf>>> => {
        const before = await sql.findEdit(tx, id, true);
        if (!before) throw notFound();
        await work(tx, before, sessionOf(request).user.id, now);
        const after = await sql.findEdit(tx, id);
        if (!after) throw notFound();
        return { answer: editOf(after), target: `ledger-edit/${id}`, before: editOf(before) };
      });

    api.route({
      method: 'POST',
      url: '/ledger-edits/:id/approval',
      config: reviewed,
      schema: {
        tags,
        operationId: 'approveLedgerEdit',
        summary: 'Approve an edit that another person proposed; the ledger follows · 审批通过',
        headers: WriteHeaders,
        params: IdParams,
        querystring: NoQuery,
        response: { 200: Edit, ...problems(400, 401, 403, 404, 409) },
      },
      handler: (request) =>
        step(request, request.params.id, 'ledger-edit.approve', async (tx, row, userId, now) => {
          assertStatus(row, 'proposed');
          assertOther(row, userId);
          assertOpen(await sql.closedMonth(tx, row.from_ts, row.to_ts));
          await sql.decideEdit(tx, row.id, 'approved', userId, now);
          await applyEdit(tx, row, sessionOf(request).user.login, now);
        }),
    });

    api.route({
      method: 'POST',
      url: '/ledger-edits/:id/rejection',
      config: reviewed,
      schema: {
        tags,
        operationId: 'rejectLedgerEdit',
        summary: 'Reject a proposed edit · 审批退回',
        headers: WriteHeaders,
        params: IdParams,
        querystring: NoQuery,
        response: { 200: Edit, ...problems(400, 401, 403, 404, 409) },
      },
      handler: (request) =>
        step(request, request.params.id, 'ledger-edit.reject', async (tx, row, userId, now) => {
          assertStatus(row, 'proposed');
          assertOther(row, userId);
          await sql.decideEdit(tx, row.id, 'rejected', userId, now);
        }),
    });

    api.route({
      method: 'POST',
      url: '/ledger-edits/:id/withdrawal',
      config: reviewed,
      schema: {
        tags,
        operationId: 'withdrawLedgerEdit',
        summary: 'Take an edit back; what it changed is computed anew · 撤回',
        headers: WriteHeaders,
        params: IdParams,
        querystring: NoQuery,
        response: { 200: Edit, ...problems(400, 401, 403, 404, 409) },
      },
      handler: (request) =>
        step(request, request.params.id, 'ledger-edit.withdraw', async (tx, row, userId, now) => {
          assertStatus(row, 'proposed', 'approved');
          if (row.status === 'approved') assertOpen(await sql.closedMonth(tx, row.from_ts, row.to_ts));
          await sql.withdrawEdit(tx, row.id, userId, now);
          if (row.status === 'approved') await undoEdit(tx, row, now);
        }),
    });
  },
};
