import type { ApiModule } from '../../context.ts';
import { NoQuery, problems } from '../../lib/shapes.ts';
import { CodeNames } from './schema.ts';
import { divisions, institutionTypes } from './sql.ts';

const tags = ['reference'];
const config = { auth: 'user', data: 'registry' } as const;
const response = { 200: CodeNames, ...problems(400, 401) };

export const reference: ApiModule = {
  name: 'reference',
  routes: (api, { db }) => {
    api.route({
      method: 'GET',
      url: '/divisions',
      config,
      schema: {
        tags,
        operationId: 'listDivisions',
        summary: 'Administrative divisions · 行政区划',
        querystring: NoQuery,
        response,
      },
      handler: async () => ({ items: await divisions(db) }),
    });

    api.route({
      method: 'GET',
      url: '/institution-types',
      config,
      schema: {
        tags,
        operationId: 'listInstitutionTypes',
        summary: 'Types of institutions · 机构类型',
        querystring: NoQuery,
        response,
      },
      handler: async () => ({ items: await institutionTypes(db) }),
    });
  },
};
