import { shanghaiText } from '@ganzhi/schemas';
import type { ApiModule } from '../../context.ts';
import { problems } from '../../lib/shapes.ts';
import { instantOrNull } from '../../lib/time.ts';
import { AuditPage, ListAudit } from './schema.ts';
import { listAudit } from './sql.ts';

export const auditTrail: ApiModule = {
  name: 'audit',
  routes: (api, { db }) => {
    api.route({
      method: 'GET',
      url: '/audit',
      config: { auth: 'user', permission: 'audit.read' },
      schema: {
        tags: ['audit'],
        operationId: 'listAudit',
        summary: 'Who did what, when and from where, newest first · 审计日志',
        querystring: ListAudit,
        response: { 200: AuditPage, ...problems(400, 401, 403) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await listAudit(db, query);
        const items = rows.map(({ id, at, sealed_at, ...row }) => ({
          ...row,
          id: String(id),
          at: shanghaiText(at),
          sealedAt: instantOrNull(sealed_at),
        }));
        return { items, nextCursor };
      },
    });
  },
};
