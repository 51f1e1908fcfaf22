import { shanghaiText } from '@ganzhi/schemas';
import type { ApiModule } from '../../context.ts';
import { notFound, Refusal, wrongField } from '../../errors/refuse.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { WriteHeaders, write } from '../../lib/write.ts';
import { institutionExists } from '../reference/sql.ts';
import { accountRoutes } from './account-routes.ts';
import { checkCarrier } from './carrier.ts';
import { readBills, readHours } from './imports.ts';
import { billFault, billOf } from './rules.ts';
import * as shapes from './schema.ts';
import * as sql from './sql.ts';

const tags = ['bills'];
const config = { auth: 'user' } as const;
const IMPORT_LIMIT = 6 * 1024 * 1024;

export const bills: ApiModule = {
  name: 'bills',
  routes: (api, context) => {
    const { db } = context;

    accountRoutes(api, context);

    api.route({
      method: 'GET',
      url: '/bills',
      config,
      schema: {
        tags,
        operationId: 'listBills',
        summary: 'Bills, voided ones too · 账单列表',
        querystring: shapes.BillQuery,
        response: { 200: shapes.BillPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await sql.listBills(db, query);
        return { items: rows.map(billOf), nextCursor };
      },
    });

    api.route({
      method: 'POST',
      url: '/bills',
      config,
      schema: {
        tags,
        operationId: 'createBill',
        summary: 'Enter a bill; an unusual one needs an explanation · 录入账单',
        headers: WriteHeaders,
        querystring: NoQuery,
        body: shapes.NewBill,
        response: { 201: shapes.Bill, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const answer = await write(context, request, 'bill.create', async (tx, actor, now) => {
          const { body } = request;
          const account = await sql.lockAccount(tx, body.accountId);
          if (!account) throw notFound();
          const fault = billFault(body, account, await sql.billsOf(tx, [account.id]));
          if (fault) throw wrongField(fault.field, fault);
          const [id = 0n] = await sql.insertBills(tx, [body], 'entry', actor, now);
          const row = await sql.oneBill(tx, id);
          if (!row) throw notFound();
          return { answer: billOf(row), target: `bill/${id}` };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'POST',
      url: '/bills/:id/void',
      config,
      schema: {
        tags,
        operationId: 'voidBill',
        summary: 'Void a wrong bill; it stays on file · 作废账单',
        headers: WriteHeaders,
        params: IdParams,
        querystring: NoQuery,
        body: shapes.VoidBill,
        response: { 200: shapes.Bill, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request) =>
        write(context, request, 'bill.void', async (tx, actor, now) => {
          const { id } = request.params;
          const before = await sql.oneBill(tx, id);
          if (!before) throw notFound();
          if (!(await sql.voidBill(tx, id, request.body.reason, actor, now))) throw alreadyVoid();
          const voided = { by: actor, at: shanghaiText(now), reason: request.body.reason };
          return { answer: { ...billOf(before), voided }, target: `bill/${id}`, before: billOf(before) };
        }),
    });

    api.route({
      method: 'POST',
      url: '/bill-imports',
      bodyLimit: IMPORT_LIMIT,
      config,
      schema: {
        tags,
        operationId: 'importBills',
        summary: 'Bills of a CSV or Excel file, all or nothing, with preview · 批量导入账单',
        headers: WriteHeaders,
        querystring: NoQuery,
        body: shapes.BillImport,
        response: { 200: shapes.ImportResult, ...problems(400, 401, 403, 409) },
      },
      handler: async (request) => {
        const { format, content, preview } = request.body;
        return write(context, request, 'bill.import', async (tx, actor, now) => {
          const { rows, bills, errors } = await readBills(tx, format, content);
          const good = !preview && errors.length === 0;
          const written = good ? (await sql.insertBills(tx, bills, 'import', actor, now)).length : 0;
          return {
            answer: { rows, written, errors: errors.slice(0, 1_000) },
            target: 'bills',
            after: { rows, written },
          };
        });
      },
    });

    api.route({
      method: 'POST',
      url: '/series-imports',
      bodyLimit: IMPORT_LIMIT,
      config,
      schema: {
        tags,
        operationId: 'importSeries',
        summary: 'Hourly history of a CSV or Excel file, all or nothing, with preview · 导入历史逐时数据',
        headers: WriteHeaders,
        querystring: NoQuery,
        body: shapes.SeriesImport,
        response: { 200: shapes.ImportResult, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request) => {
        const { format, content, preview, ...series } = request.body;
        return write(context, request, 'series.import', async (tx, actor) => {
          if (!(await institutionExists(tx, series.institutionId))) throw notFound();
          await checkCarrier(tx, series.carrier);
          const { rows, hours, errors } = await readHours(format, content);
          const taken = await sql.overlappingHour(
            tx,
            series,
            hours.map(({ hour }) => hour),
          );
          if (taken !== undefined) {
            const at = shanghaiText(taken);
            const en = `An earlier import holds ${at} already; take those hours out.`;
            errors.push({ line: 1, column: 'hour', zh: `已导入过 ${at} 起的数据，请剔除重复时段。`, en });
          }
          const good = !preview && errors.length === 0 && hours.length > 0;
          if (good) await sql.insertSeries(tx, series, hours, actor);
          const written = good ? hours.length : 0;
          const target = `institution/${series.institutionId}/series`;
          return { answer: { rows, written, errors: errors.slice(0, 1_000) }, target, after: { ...series, written } };
        });
      },
    });
  },
};

const alreadyVoid = (): Refusal =>
  new Refusal('conflict', { zh: '该账单已作废。', en: 'This bill was voided before.' });
