import { DAY, MINUTE, shanghaiText, toNumber } from '@ganzhi/schemas';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { showing } from '../../auth/claims.ts';
import type { ApiModule, Context } from '../../context.ts';
import { notFound, wrongField } from '../../errors/refuse.ts';
import { IdParams, MAX_LIMIT, NoQuery, problems } from '../../lib/shapes.ts';
import { institutionExists } from '../reference/sql.ts';
import { itemOf, pointOf } from './rules.ts';
import { InstitutionMeters, ListMeters, ListReadings, MeterDetail, MeterPage, Points, Readings } from './schema.ts';
import { countMeters, isSeen, listMeters, listPoints, listReadings, type MeterRow } from './sql.ts';
import { writeRoutes } from './write-routes.ts';

const tags = ['meters'];
/** Power of the last quarter of an hour. */
const config = {
  auth: 'user',
  data: (_: FastifyRequest, now: number) => ({ fromMs: now - 15 * MINUTE, toMs: now }),
} as const;

const readingsSpan = ({ from, to }: Pick<z.infer<typeof ListReadings>, 'from' | 'to'>, now: number) => ({
  from: from ?? (to ?? now) - DAY,
  to: to ?? now,
});

export const meters: ApiModule = {
  name: 'meters',
  routes: (api, context) => {
    const { db, clock } = context;
    writeRoutes(api, context);

    api.route({
      method: 'GET',
      url: '/institutions/:id/meters',
      config,
      schema: {
        tags,
        operationId: 'listInstitutionMeters',
        summary: 'All meters of an institution · 机构表计',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: InstitutionMeters, ...problems(400, 401, 404) },
      },
      handler: async ({ params }) => {
        const now = clock();
        const { rows } = await listMeters(db, { institutionId: params.id }, { limit: MAX_LIMIT }, now);
        if (rows.length === 0 && !(await institutionExists(db, params.id))) throw notFound();
        return { items: rows.map((row) => itemOf(row, now)) };
      },
    });

    api.route({
      method: 'GET',
      url: '/meters',
      config,
      schema: {
        tags,
        operationId: 'listMeters',
        summary: 'Meters by code · 表计列表',
        querystring: ListMeters,
        response: { 200: MeterPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { limit, cursor, ...filter } = query;
        const now = clock();
        const [total, page] = await Promise.all([
          countMeters(db, filter),
          listMeters(db, filter, { limit, cursor }, now),
        ]);
        return { items: page.rows.map((row) => itemOf(row, now)), nextCursor: page.nextCursor, total };
      },
    });

    api.route({
      method: 'GET',
      url: '/meters/:id',
      config,
      schema: {
        tags,
        operationId: 'getMeter',
        summary: 'One meter · 表计详情',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: MeterDetail, ...problems(400, 401, 404) },
      },
      handler: async ({ params }) => {
        const row = await existing(context, params.id);
        return { ...itemOf(row, clock()), ratio: { ct: row.ct, pt: row.pt } };
      },
    });

    api.route({
      method: 'GET',
      url: '/meters/:id/points',
      config: { auth: 'user', data: 'registry' },
      schema: {
        tags,
        operationId: 'listMeterPoints',
        summary: 'Points of a meter with their latest values · 采集点',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: Points, ...problems(400, 401, 404) },
      },
      handler: async ({ params }) => {
        await existing(context, params.id);
        const rows = await listPoints(db, params.id);
        const times = rows.flatMap(({ ts }) => (ts === null ? [] : [ts]));
        const span = { fromMs: Math.min(...times), toMs: Math.max(...times) };
        const shown = times.length === 0 || (await showing(span, () => isSeen(db, params.id)));
        return { items: rows.map((row) => pointOf(shown ? row : { ...row, ts: null })) };
      },
    });

    api.route({
      method: 'GET',
      url: '/meters/:id/readings',
      config: {
        auth: 'user',
        data: (request, now) => {
          const { from, to } = readingsSpan(request.query as z.infer<typeof ListReadings>, now);
          return { fromMs: from, toMs: to };
        },
      },
      schema: {
        tags,
        operationId: 'listMeterReadings',
        summary: 'Readings of one point in a span, oldest first · 读数',
        params: IdParams,
        querystring: ListReadings,
        response: { 200: Readings, ...problems(400, 401, 404) },
      },
      handler: async ({ params, query }) => {
        await existing(context, params.id);
        const point = (await listPoints(db, params.id)).find((candidate) => candidate.quantity === query.point);
        if (!point) throw wrongField('point', { zh: '该表没有此采集点。', en: 'The meter has no such point.' });
        const span = { ...readingsSpan(query, clock()), limit: query.limit, cursor: query.cursor };
        const { rows, nextCursor } = await listReadings(db, params.id, point.point, span);
        const items = rows.map(({ ts, value, quality, received_at: receivedAt }) => ({
          at: shanghaiText(ts),
          value: toNumber(value, point.decimals),
          quality,
          ...(receivedAt === null ? {} : { receivedAt: shanghaiText(receivedAt) }),
        }));
        return { unit: point.unit, items, nextCursor };
      },
    });
  },
};

/** @throws Refusal `not-found` */
async function existing({ db, clock }: Context, id: number): Promise<MeterRow> {
  const { rows } = await listMeters(db, { id }, { limit: 1 }, clock());
  const [row] = rows;
  if (!row) throw notFound();
  return row;
}
