import type { Tx } from '@ganzhi/schemas/db';
import type { FastifyRequest } from 'fastify';
import { sessionOf } from '../../auth/guard.ts';
import type { ApiModule } from '../../context.ts';
import { energyNumber, energyOf } from '../../lib/energy.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { assertWholeCity, WriteHeaders, write } from '../../lib/write.ts';
import { listReports, reportOf, supersedeReports } from './reports.ts';
import { assertMay, assertOver, closingAnswer, entryOf, found, pendingOf } from './rules.ts';
import * as shapes from './schema.ts';
import * as sql from './sql.ts';

const tags = ['closed-months'];
const config = { auth: 'user' } as const;
const reviewed = { auth: 'user', permission: 'data.review' } as const;

/** Months closed and reopened by two persons; their figures change by reversal and new entry only (红冲). */
export const closedMonths: ApiModule = {
  name: 'closed-months',
  routes: (api, context) => {
    const { db } = context;

    const answerOf = async (tx: Tx, id: number) =>
      closingAnswer(found(await sql.findClosing(tx, id)), await sql.eventsOf(tx, [id]));

    api.route({
      method: 'GET',
      url: '/closed-months',
      config,
      schema: {
        tags,
        operationId: 'listClosedMonths',
        summary: 'Months of the ledger that are or were closed, latest first · 关账月份',
        querystring: NoQuery,
        response: { 200: shapes.ClosedMonths, ...problems(400, 401) },
      },
      handler: async () => {
        const rows = await sql.listClosings(db);
        const events = await sql.eventsOf(
          db,
          rows.map(({ id }) => id),
        );
        return { items: rows.map((row) => closingAnswer(row, events)) };
      },
    });

    api.route({
      method: 'POST',
      url: '/closed-months',
      config,
      schema: {
        tags,
        operationId: 'askToCloseMonth',
        summary: 'Ask for a month to be closed, or closed again · 申请关账',
        headers: WriteHeaders,
        querystring: NoQuery,
        body: shapes.AskToClose,
        response: { 201: shapes.ClosedMonth, ...problems(400, 401, 403, 409) },
      },
      handler: async (request, reply) => {
        const { month, reason } = request.body;
        const answer = await write(context, request, 'closed-month.ask', async (tx, _actor, now) => {
          await assertWholeCity(tx);
          assertOver(month, now);
          const row = found(await sql.closingOf(tx, `${month}-01`));
          assertMay(row, 'close');
          await sql.ask(tx, row.id, { action: 'close', reason, userId: sessionOf(request).user.id, now });
          return { answer: await answerOf(tx, row.id), target: `closed-month/${month}` };
        });
        return reply.code(201).send(answer);
      },
    });

    /** One step of a month's course: locked, done, told. */
    const step = (
      request: FastifyRequest,
      id: number,
      action: string,
      work: (tx: Tx, row: sql.ClosingRow, userId: number, now: number) => Promise<void>,
    ) =>
      write(context, request, action, async (tx, _actor, now) => {
        await assertWholeCity(tx);
        const row = found(await sql.findClosing(tx, id, true));
        await work(tx, row, sessionOf(request).user.id, now);
        return { answer: await answerOf(tx, id), target: `closed-month/${row.month.slice(0, 7)}` };
      });
    const common = { tags, headers: WriteHeaders, params: IdParams, querystring: NoQuery };
    const response = { 200: shapes.ClosedMonth, ...problems(400, 401, 403, 404, 409) };

    api.route({
      method: 'POST',
      url: '/closed-months/:id/reopening',
      config,
      schema: {
        ...common,
        operationId: 'askToReopenMonth',
        summary: 'Ask for a closed month to be reopened · 申请反关账',
        body: shapes.AskToReopen,
        response,
      },
      handler: (request) =>
        step(request, request.params.id, 'closed-month.ask', async (tx, row, userId, now) => {
          assertMay(row, 'reopen');
          await sql.ask(tx, row.id, { action: 'reopen', reason: request.body.reason, userId, now });
        }),
    });

    api.route({
      method: 'POST',
      url: '/closed-months/:id/approval',
      config: reviewed,
      schema: {
        ...common,
        operationId: 'approveClosedMonth',
        summary: 'Approve what another person asked for; closing books, closing again reverses and books anew · 审批',
        response,
      },
      handler: (request) =>
        step(request, request.params.id, 'closed-month.approve', async (tx, row, userId, now) => {
          const event = pendingOf(row, userId);
          const eventId = await sql.decide(tx, row, { event, userId, now });
          if (event !== 'close') return;
          await sql.bookMonth(tx, row, eventId);
          await supersedeReports(tx, row.month, eventId, now);
        }),
    });

    api.route({
      method: 'POST',
      url: '/closed-months/:id/refusal',
      config: reviewed,
      schema: {
        ...common,
        operationId: 'refuseClosedMonth',
        summary: 'Refuse what another person asked for · 退回',
        response,
      },
      handler: (request) =>
        step(request, request.params.id, 'closed-month.refuse', async (tx, row, userId, now) => {
          pendingOf(row, userId);
          await sql.decide(tx, row, { event: 'refuse', userId, now });
        }),
    });

    api.route({
      method: 'GET',
      url: '/ledger-entries',
      config,
      schema: {
        tags,
        operationId: 'listLedgerEntries',
        summary: 'Entries of closed months, reversals among them · 关账分录',
        querystring: shapes.ListEntries,
        response: { 200: shapes.EntryPage, ...problems(400, 401) },
      },
      handler: async ({ query: { month, ...page } }) => {
        const { rows, nextCursor } = await sql.listEntries(db, month && `${month}-01`, page);
        return { items: rows.map(entryOf), nextCursor };
      },
    });

    api.route({
      method: 'GET',
      url: '/closed-month-differences',
      config,
      schema: {
        tags,
        operationId: 'listClosedMonthDifferences',
        summary: 'Meters whose ledger says something else than the closed figure by now · 关账后差异',
        querystring: shapes.DifferenceQuery,
        response: { 200: shapes.Differences, ...problems(400, 401) },
      },
      handler: async ({ query: { month } }) => {
        const closing = await sql.closedBefore(db, month && `${month}-01`);
        const rows = closing ? await sql.listDifferences(db, closing) : [];
        return {
          items: rows.map((row) => ({
            meterId: row.meter_id,
            meterCode: row.meter_code,
            unit: row.unit,
            closed: energyNumber(energyOf(row.closed)),
            now: energyNumber(energyOf(row.now)),
          })),
        };
      },
    });

    api.route({
      method: 'GET',
      url: '/published-reports',
      config,
      schema: {
        tags,
        operationId: 'listPublishedReports',
        summary: 'Files that left the system, and whether their figures were reversed since · 已发布报表',
        querystring: shapes.ListReports,
        response: { 200: shapes.ReportPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await listReports(db, query);
        return { items: rows.map(reportOf), nextCursor };
      },
    });
  },
};
