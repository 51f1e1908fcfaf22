import { DAY, dayStart, yearStart } from '@ganzhi/schemas';
import type { FastifyRequest } from 'fastify';
import { showing } from '../../auth/claims.ts';
import type { ApiModule } from '../../context.ts';
import { notFound } from '../../errors/refuse.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { yearOf } from '../../lib/time.ts';
import { readFigures } from '../consumption/read.ts';
import { mainMeters } from '../consumption/sql.ts';
import { itemOf, judged } from './rules.ts';
import { InstitutionDetail, InstitutionPage, ListInstitutions } from './schema.ts';
import { countInstitutions, findQuota, listInstitutions } from './sql.ts';

const tags = ['institutions'];
/** Both show today beside yesterday. */
const config = {
  auth: 'user',
  data: (_: FastifyRequest, now: number) => ({ fromMs: dayStart(now) - DAY, toMs: now }),
} as const;

export const institutions: ApiModule = {
  name: 'institutions',
  routes: (api, { db, clock }) => {
    api.route({
      method: 'GET',
      url: '/institutions',
      config,
      schema: {
        tags,
        operationId: 'listInstitutions',
        summary: 'Institutions with the figures of today · 机构列表',
        querystring: ListInstitutions,
        response: { 200: InstitutionPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { sort, limit, cursor, ...filter } = query;
        const now = clock();
        const [total, page] = await Promise.all([
          countInstitutions(db, filter),
          listInstitutions(db, filter, { sort, limit, cursor }, now),
        ]);
        return { items: page.rows.map((row) => itemOf(row, now)), nextCursor: page.nextCursor, total };
      },
    });

    api.route({
      method: 'GET',
      url: '/institutions/:id',
      config,
      schema: {
        tags,
        operationId: 'getInstitution',
        summary: 'One institution with quota and year to date · 机构详情',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: InstitutionDetail, ...problems(400, 401, 404) },
      },
      handler: async ({ params }) => {
        const now = clock();
        const year = yearOf(now);
        const span = { start: yearStart(year), end: yearStart(year + 1) };
        const [{ rows }, meters, quota] = await Promise.all([
          listInstitutions(db, { id: params.id }, { sort: 'code', limit: 1 }, now),
          // of whom the year is not to be seen, there are no meters to add up
          showing({ fromMs: span.start, toMs: now }, () => mainMeters(db, params.id, 'electricity', span)),
          findQuota(db, params.id, year),
        ]);
        const [row] = rows;
        if (!row) throw notFound();
        const figures = await readFigures(db, meters, 'month', span, now);
        return { ...itemOf(row, now), ...judged(figures, quota) };
      },
    });
  },
};
