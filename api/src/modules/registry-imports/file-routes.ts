import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { sessionOf } from '../../auth/guard.ts';
import type { ApiModule } from '../../context.ts';
import { wrongField } from '../../errors/refuse.ts';
import { audit } from '../../lib/audit.ts';
import { problems } from '../../lib/shapes.ts';
import { CONTENT_TYPES } from '../exports/schema.ts';
import { exportCsv, exportWorkbook } from './export.ts';
import { KINDS, type KindName } from './kind.ts';
import { FileQuery } from './schema.ts';
import { readReference } from './sql.ts';
import { templateCsv, templateWorkbook } from './template.ts';

const tags = ['registry-imports'];
const file = { schema: z.string().meta({ format: 'binary' }) };
const FILE = { description: 'XLSX or CSV (UTF-8 with BOM)', content: { [CONTENT_TYPES.xlsx]: file, 'text/csv': file } };

/** Files to fill in, and the registry as a file. */
export const fileRoutes: ApiModule['routes'] = (api, { db }) => {
  api.route({
    method: 'GET',
    url: '/registry-import-templates',
    config: { auth: 'user' },
    schema: {
      tags,
      operationId: 'getRegistryImportTemplate',
      summary: 'A file to fill in, with drop-downs and explanations · 导入模板',
      querystring: FileQuery,
      response: { 200: FILE, ...problems(400, 401, 403) },
    },
    handler: async ({ query }, reply) => {
      const { format, lang } = query;
      const kinds = kindsOf(query);
      const [first] = kinds;
      const content =
        format === 'csv' && first
          ? templateCsv(first, lang)
          : await templateWorkbook(kinds, await readReference(db), lang);
      return sendFile(
        reply,
        content,
        format,
        'registry-template',
        lang === 'zh' ? '名录导入模板' : 'registry-template',
      );
    },
  });

  api.route({
    method: 'GET',
    url: '/registry-exports',
    config: { auth: 'user', permission: 'data.export' },
    schema: {
      tags,
      operationId: 'exportRegistry',
      summary: 'The registry as a file that can be imported again · 名录导出',
      querystring: FileQuery,
      response: { 200: FILE, ...problems(400, 401, 403) },
    },
    handler: async (request, reply) => {
      const { query } = request;
      const { format, lang } = query;
      const kinds = kindsOf(query);
      const [first] = kinds;
      const reference = await readReference(db);
      const { content, rows } =
        format === 'csv' && first
          ? await exportCsv(db, first, reference, lang)
          : await exportWorkbook(db, kinds, reference, lang);
      await audit(db, {
        actor: sessionOf(request).user.login,
        action: 'export.registry',
        target: kinds.join(','),
        after: { format, lang, rows, bytes: content.length },
        address: request.ip,
      });
      return sendFile(reply, content, format, 'registry', lang === 'zh' ? '名录' : 'registry');
    },
  });
};

/** @throws Refusal `invalid-request` when a CSV shall hold more than one kind */
function kindsOf({ kinds, format }: FileQuery): KindName[] {
  const wanted = kinds === undefined ? KINDS : KINDS.filter((kind) => kinds.split(',').includes(kind));
  if (format === 'xlsx' || wanted.length === 1) return [...wanted];
  throw wrongField('kinds', { zh: 'CSV 一次只能是一个类别。', en: 'A CSV holds one kind; name one.' });
}

function sendFile(
  reply: FastifyReply,
  content: Buffer,
  format: 'xlsx' | 'csv',
  plain: string,
  title: string,
): FastifyReply {
  return reply
    .type(CONTENT_TYPES[format])
    .header('cache-control', 'no-store')
    .header(
      'content-disposition',
      `attachment; filename="${plain}.${format}"; filename*=UTF-8''${encodeURIComponent(`${title}.${format}`)}`,
    )
    .send(content);
}
