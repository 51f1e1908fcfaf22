import { addDays, dayType } from '@ganzhi/analytics/rules';
import { dateText } from '@ganzhi/schemas';
import type { ApiModule } from '../../context.ts';
import { readReference } from '../../energy/reference.ts';
import { notFound, wrongField } from '../../errors/refuse.ts';
import { addMonths, checkedDays, daysBetween } from '../../lib/day.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { assertWholeCity, WriteHeaders, write } from '../../lib/write.ts';
import { institutionExists } from '../reference/sql.ts';
import { baseFactOf, checkFactor, factorOf, overlapRefusal } from './rules.ts';
import * as shapes from './schema.ts';
import * as sql from './sql.ts';

const tags = ['energy-reference'];
const config = { auth: 'user' } as const;
const LONGEST_CALENDAR_DAYS = 800;

export const energyReference: ApiModule = {
  name: 'energy-reference',
  routes: (api, context) => {
    const { db, clock } = context;

    api.route({
      method: 'GET',
      url: '/energy-carriers',
      config,
      schema: {
        tags,
        operationId: 'listEnergyCarriers',
        summary: 'Energy carriers and water · 能源品种',
        querystring: NoQuery,
        response: { 200: shapes.Carriers, ...problems(400, 401) },
      },
      handler: async () => ({ items: [...(await readReference(db)).carriers] }),
    });

    api.route({
      method: 'GET',
      url: '/energy-factors',
      config,
      schema: {
        tags,
        operationId: 'listEnergyFactors',
        summary: 'Coefficients, densities and emission factors with their documents · 折标系数与排放因子',
        querystring: shapes.FactorQuery,
        response: { 200: shapes.FactorPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await sql.listFactors(db, query);
        return { items: rows.map(factorOf), nextCursor };
      },
    });

    api.route({
      method: 'POST',
      url: '/energy-factors',
      config,
      schema: {
        tags,
        operationId: 'createEnergyFactor',
        summary: 'Record a factor; outside its band it is refused · 录入系数',
        headers: WriteHeaders,
        querystring: NoQuery,
        body: shapes.NewFactor,
        response: { 201: shapes.Factor, ...problems(400, 401, 403, 409) },
      },
      handler: async (request, reply) => {
        const answer = await write(context, request, 'energy-factor.create', async (tx, actor, now) => {
          await assertWholeCity(tx);
          const { body } = request;
          checkFactor(body, await readReference(tx), await sql.bandFor(tx, body.kind, body.carrier));
          const [row] = await sql.insertFactor(tx, body, actor, now);
          if (!row) throw notFound();
          return { answer: factorOf(row), target: `energy-factor/${row.id}` };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'GET',
      url: '/institutions/:id/base-facts',
      config,
      schema: {
        tags,
        operationId: 'listBaseFacts',
        summary: 'Area and energy users by date · 建筑面积与用能人数',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: shapes.BaseFacts, ...problems(400, 401, 404) },
      },
      handler: async ({ params: { id } }) => {
        if (!(await institutionExists(db, id))) throw notFound();
        return { items: (await sql.listBaseFacts(db, id)).map(baseFactOf) };
      },
    });

    api.route({
      method: 'POST',
      url: '/institutions/:id/base-facts',
      config,
      schema: {
        tags,
        operationId: 'createBaseFact',
        summary: 'Record area or users from a day on · 录入面积或人数',
        headers: WriteHeaders,
        params: IdParams,
        querystring: NoQuery,
        body: shapes.NewBaseFact,
        response: { 201: shapes.BaseFact, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const answer = await write(context, request, 'base-fact.create', async (tx, actor, now) => {
          const { id } = request.params;
          if (!(await institutionExists(tx, id))) throw notFound();
          const [row] = await sql.insertBaseFact(tx, id, request.body, actor, now);
          if (!row) throw notFound();
          return { answer: baseFactOf(row), target: `institution/${id}/base-fact/${row.id}` };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'GET',
      url: '/calendar-days',
      config,
      schema: {
        tags,
        operationId: 'listCalendarDays',
        summary: 'Day types; unpublished years are provisional · 工作日历',
        querystring: shapes.CalendarQuery,
        response: { 200: shapes.Calendar, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const first = query.from ?? `${dateText(clock()).slice(0, 7)}-01`;
        const length = daysBetween(checkedDays({ from: first, to: query.to ?? addMonths(first, 1) }));
        if (length > LONGEST_CALENDAR_DAYS) {
          throw wrongField('to', { zh: '最多查询 800 天。', en: 'At most 800 days can be asked for.' });
        }
        const overrides = await sql.calendarOverrides(db);
        const items = Array.from({ length }, (_, i) => {
          const day = addDays(first, i);
          const { type, provisional } = dayType(day, overrides);
          return { day, dayType: type, provisional };
        });
        return { items };
      },
    });

    api.route({
      method: 'POST',
      url: '/calendar-days',
      config,
      schema: {
        tags,
        operationId: 'createCalendarDay',
        summary: 'Record a day type that stands above the notice · 修正日历',
        headers: WriteHeaders,
        querystring: NoQuery,
        body: shapes.NewCalendarDay,
        response: { 201: shapes.CalendarDay, ...problems(400, 401, 403, 409) },
      },
      handler: async (request, reply) => {
        const answer = await write(context, request, 'calendar-day.create', async (tx, actor, now) => {
          await assertWholeCity(tx);
          const { day, dayType: type } = request.body;
          await sql.insertCalendarDay(tx, request.body, actor, now);
          return {
            answer: { day, dayType: type, provisional: false },
            target: `calendar-day/${day}`,
            after: request.body,
          };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'GET',
      url: '/meters/:id/uses',
      config,
      schema: {
        tags,
        operationId: 'listMeterUses',
        summary: 'What a meter is for: forwarded, data room, IT, heating · 表计用途',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: shapes.MeterUses, ...problems(400, 401, 404) },
      },
      handler: async ({ params: { id } }) => {
        if (!(await sql.meterExists(db, id))) throw notFound();
        return { items: await sql.listMeterUses(db, id) };
      },
    });

    api.route({
      method: 'POST',
      url: '/meters/:id/uses',
      config,
      schema: {
        tags,
        operationId: 'createMeterUse',
        summary: 'Record what a meter is for, by date · 录入表计用途',
        headers: WriteHeaders,
        params: IdParams,
        querystring: NoQuery,
        body: shapes.NewMeterUse,
        response: { 201: shapes.MeterUse, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const answer = await write(context, request, 'meter-use.create', async (tx, actor) => {
          const { id } = request.params;
          if (!(await sql.meterExists(tx, id))) throw notFound();
          const row = await sql.insertMeterUse(tx, id, request.body, actor);
          if (!row) throw overlapRefusal();
          return { answer: row, target: `meter/${id}/use/${row.id}` };
        });
        return reply.code(201).send(answer);
      },
    });
  },
};
