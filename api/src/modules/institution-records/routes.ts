import { dateText } from '@ganzhi/schemas';
import type { ApiModule } from '../../context.ts';
import { notFound } from '../../errors/refuse.ts';
import { IdParams, problems } from '../../lib/shapes.ts';
import { AsOf, ListRecords, RecordDetail, RecordPage } from './schema.ts';
import { eventsOf, factsOf, findRecord, listRecords, predecessorsOf } from './sql.ts';

const tags = ['institution-records'];
const config = { auth: 'user', data: 'registry' } as const;

/** The registry itself (名录库), today or as of a day of the past, without figures. */
export const institutionRecords: ApiModule = {
  name: 'institution-records',
  routes: (api, { db, clock }) => {
    api.route({
      method: 'GET',
      url: '/institution-records',
      config,
      schema: {
        tags,
        operationId: 'listInstitutionRecords',
        summary: 'The registry as of a day · 名录库（可按日期回看）',
        querystring: ListRecords,
        response: { 200: RecordPage, ...problems(400, 401) },
      },
      handler: async ({ query: { asOf = dateText(clock()), ...filter } }) => {
        const { rows, nextCursor } = await listRecords(db, asOf, filter);
        return { asOf, items: [...rows], nextCursor };
      },
    });

    api.route({
      method: 'GET',
      url: '/institution-records/:id',
      config,
      schema: {
        tags,
        operationId: 'getInstitutionRecord',
        summary: 'One institution as of a day, with its history · 机构登记与沿革',
        params: IdParams,
        querystring: AsOf,
        response: { 200: RecordDetail, ...problems(400, 401, 404) },
      },
      handler: async ({ params: { id }, query: { asOf = dateText(clock()) } }) => {
        const record = await findRecord(db, asOf, id);
        if (!record) throw notFound();
        const [facts, events, predecessors] = await Promise.all([
          factsOf(db, id),
          eventsOf(db, id),
          predecessorsOf(db, id),
        ]);
        return { ...record, asOf, facts, events, predecessors };
      },
    });
  },
};
