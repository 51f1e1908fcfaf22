import { TariffContent, tariffFault } from '@ganzhi/analytics/rules';
import { dateText } from '@ganzhi/schemas';
import type { ApiModule } from '../../context.ts';
import { notFound, wrongField } from '../../errors/refuse.ts';
import { addMonths, checkedDays, daysBetween } from '../../lib/day.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { assertWholeCity, WriteHeaders, write } from '../../lib/write.ts';
import { institutionExists } from '../reference/sql.ts';
import { readCosts } from './read.ts';
import * as shapes from './schema.ts';
import * as sql from './sql.ts';

const tags = ['tariffs'];
const config = { auth: 'user' } as const;
const LONGEST_DAYS = 400;

export const tariffs: ApiModule = {
  name: 'tariffs',
  routes: (api, context) => {
    const { db, clock } = context;

    api.route({
      method: 'GET',
      url: '/tariffs',
      config,
      schema: {
        tags,
        operationId: 'listTariffs',
        summary: 'Tariffs by time of use, with their documents · 电价方案',
        querystring: shapes.TariffQuery,
        response: { 200: shapes.TariffPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await sql.listTariffs(db, query);
        return { items: rows.map((row) => ({ ...row, content: TariffContent.parse(row.content) })), nextCursor };
      },
    });

    api.route({
      method: 'POST',
      url: '/tariffs',
      config,
      schema: {
        tags,
        operationId: 'createTariff',
        summary: 'Record a tariff from a day on; every hour needs exactly one band · 录入电价',
        headers: WriteHeaders,
        querystring: NoQuery,
        body: shapes.NewTariff,
        response: { 201: shapes.Tariff, ...problems(400, 401, 403, 409) },
      },
      handler: async (request, reply) => {
        const answer = await write(context, request, 'tariff.create', async (tx, actor, now) => {
          await assertWholeCity(tx);
          const fault = tariffFault(request.body.content);
          if (fault) {
            throw wrongField('content.seasons', {
              zh: `时段有缺漏或重叠（${fault}）。每个月、每种日类型的每个小时必须恰好属于一个时段。`,
              en: `The slots have a hole or overlap (${fault}). Every hour of every month and day type needs exactly one slot.`,
            });
          }
          const row = await sql.insertTariff(tx, request.body, actor, now);
          if (!row) throw notFound();
          return { answer: row, target: `tariff/${row.code}` };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'POST',
      url: '/institutions/:id/tariff-assignments',
      config,
      schema: {
        tags,
        operationId: 'createTariffAssignment',
        summary: 'Which tariff an institution pays from a day on · 适用电价',
        headers: WriteHeaders,
        params: IdParams,
        querystring: NoQuery,
        body: shapes.NewAssignment,
        response: { 201: shapes.Assignment, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const answer = await write(context, request, 'tariff-assignment.create', async (tx, actor, now) => {
          const { id } = request.params;
          if (!(await institutionExists(tx, id))) throw notFound();
          const row = await sql.insertAssignment(tx, id, request.body, actor, now);
          if (!row) {
            throw wrongField('tariffCode', {
              zh: '没有此编号的电价方案，请先录入或从列表中选择。',
              en: 'No tariff of this carrier has this code; record it first or choose one of the list.',
            });
          }
          return { answer: row, target: `institution/${id}/tariff/${row.id}` };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'GET',
      url: '/institutions/:id/electricity-costs',
      config,
      schema: {
        tags,
        operationId: 'getElectricityCosts',
        summary: 'Cost of electricity by time of use, beside what was billed · 分时电费',
        params: IdParams,
        querystring: shapes.CostQuery,
        response: { 200: shapes.Costs, ...problems(400, 401, 404) },
      },
      handler: async ({ params: { id }, query }) => {
        const from = query.from ?? `${dateText(clock()).slice(0, 7)}-01`;
        const days = checkedDays({ from, to: query.to ?? addMonths(from, 1) });
        if (daysBetween(days) > LONGEST_DAYS) {
          throw wrongField('from', { zh: '最多查询 400 天。', en: 'At most 400 days can be asked for.' });
        }
        if (!(await institutionExists(db, id))) throw notFound();
        return readCosts(db, id, days, clock(), query.knownOn);
      },
    });
  },
};
