import { shanghaiText } from '@ganzhi/schemas';
import type { ApiModule } from '../../context.ts';
import { problems } from '../../lib/shapes.ts';
import { ListQuarantine, QuarantinePage } from './schema.ts';
import { listQuarantine } from './sql.ts';

export const quarantine: ApiModule = {
  name: 'quarantine',
  routes: (api, { db }) => {
    api.route({
      method: 'GET',
      url: '/quarantine',
      config: { auth: 'user' },
      schema: {
        tags: ['quarantine'],
        operationId: 'listQuarantine',
        summary: 'Readings that were refused, newest first · 隔离区',
        querystring: ListQuarantine,
        response: { 200: QuarantinePage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await listQuarantine(db, query);
        const items = rows.map((row) => ({
          id: String(row.id),
          receivedAt: shanghaiText(row.received_at),
          gatewayCode: row.gateway_code,
          reason: row.reason,
          detail: row.detail,
          payload: row.payload,
        }));
        return { items, nextCursor };
      },
    });
  },
};
