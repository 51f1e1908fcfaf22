import type { ApiModule } from '../../context.ts';
import { NoQuery, problems } from '../../lib/shapes.ts';
import { CodeNames } from './schema.ts';
import { institutionTypes } from './sql.ts';
import { treeRoutes } from './tree-routes.ts';

export const reference: ApiModule = {
  name: 'reference',
  routes: (api, context) => {
    treeRoutes(api, context);

    api.route({
      method: 'GET',
      url: '/institution-types',
      config: { auth: 'user', data: 'registry' },
      schema: {
        tags: ['reference'],
        operationId: 'listInstitutionTypes',
        summary: 'Types of institutions · 机构类型',
        querystring: NoQuery,
        response: { 200: CodeNames, ...problems(400, 401) },
      },
      handler: async () => ({ items: await institutionTypes(context.db) }),
    });
  },
};
