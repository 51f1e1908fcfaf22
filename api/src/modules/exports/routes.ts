import { dateText } from '@ganzhi/schemas';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { sessionOf } from '../../auth/guard.ts';
import type { ApiModule } from '../../context.ts';
import { audit } from '../../lib/audit.ts';
import { elapsedDays, yearDays } from '../../lib/day.ts';
import { problems } from '../../lib/shapes.ts';
import { yearOf } from '../../lib/time.ts';
import { publish } from '../closed-months/reports.ts';
import { exportQuotaCompliance } from './quota-compliance.ts';
import { CONTENT_TYPES, type Format, QuotaComplianceQuery } from './schema.ts';

const file = { schema: z.string().meta({ format: 'binary' }) };

export const exports: ApiModule = {
  name: 'exports',
  routes: (api, { db, clock }) => {
    api.route({
      method: 'GET',
      url: '/exports/quota-compliance',
      config: { auth: 'user', permission: 'data.export' },
      schema: {
        tags: ['exports'],
        operationId: 'exportQuotaCompliance',
        summary: 'Quota compliance of a year as a file · 定额执行情况导出',
        querystring: QuotaComplianceQuery,
        response: {
          200: {
            description: 'XLSX, CSV (UTF-8 with BOM) or JSON',
            content: {
              [CONTENT_TYPES.xlsx]: file,
              'text/csv': file,
              'application/json': file,
            },
          },
          ...problems(400, 401),
        },
      },
      handler: async (request, reply) => {
        const now = clock();
        const { year = yearOf(now), format, lang } = request.query;
        const content = await exportQuotaCompliance(db, { year, format, asOf: now, locale: lang });
        const { login } = sessionOf(request).user;
        const { from, to } = elapsedDays(yearDays(year), now);
        if (to > from) await publish(db, { kind: 'quota-compliance', from, to, format, content, by: login, at: now });
        await audit(db, {
          actor: login,
          action: 'export.quota-compliance',
          target: String(year),
          after: { format, lang, bytes: content.length },
          address: request.ip,
        });
        const title =
          lang === 'zh' ? `定额执行情况-${year}-截至${dateText(now)}` : `quota-compliance-${year}-${dateText(now)}`;
        return sendFile(reply, content, format, { plain: `quota-compliance-${year}`, title });
      },
    });
  },
};

/** Bytes go past the serializer. The plain name is for clients that do not read filename* (RFC 6266). */
function sendFile(
  reply: FastifyReply,
  content: Buffer,
  format: Format,
  name: { plain: string; title: string },
): FastifyReply {
  const title = encodeURIComponent(`${name.title}.${format}`);
  return reply
    .type(CONTENT_TYPES[format])
    .header('cache-control', 'no-store')
    .header('content-disposition', `attachment; filename="${name.plain}.${format}"; filename*=UTF-8''${title}`)
    .send(content);
}
