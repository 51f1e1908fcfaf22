import type { FastifyRequest } from 'fastify';
import { sessionOf } from '../../auth/guard.ts';
import type { ApiModule } from '../../context.ts';
import { notFound, Refusal } from '../../errors/refuse.ts';
import { takeOctets } from '../../lib/octets.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { readSheetsApart } from '../../lib/sheets/read-apart.ts';
import { IfMatch, stale, wantedVersion } from '../../lib/version.ts';
import { WriteHeaders, write } from '../../lib/write.ts';
import { changeOf, errorOf, importOf } from './answers.ts';
import { fileRoutes } from './file-routes.ts';
import { linesOf } from './lines.ts';
import { reporter } from './progress.ts';
import {
  ChangePage,
  ErrorPage,
  ImportPage,
  ListChanges,
  ListErrors,
  ListImports,
  RegistryImport,
  Upload,
} from './schema.ts';
import * as sql from './sql.ts';
import { check, commit, formatOf, keepFile, type Person, undo } from './work.ts';

const tags = ['registry-imports'];
const config = { auth: 'user', permission: 'data.write' } as const;
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Imports of the registry in three steps: the file is read, it is checked against the registry (a preview of every change,
 * every error by cell), it is committed as a whole; and it can be undone while nothing was built on it.
 */
export const registryImports: ApiModule = {
  name: 'registry-imports',
  routes: (api, context) => {
    const { db, clock } = context;
    takeOctets(api);
    fileRoutes(api, context);

    api.route({
      method: 'GET',
      url: '/registry-imports',
      config,
      schema: {
        tags,
        operationId: 'listRegistryImports',
        summary: 'Imports of the registry, newest first · 导入记录',
        querystring: ListImports,
        response: { 200: ImportPage, ...problems(400, 401, 403) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await sql.listImports(db, query);
        return { items: rows.map(importOf), nextCursor };
      },
    });

    api.route({
      method: 'POST',
      url: '/registry-imports',
      config,
      bodyLimit: MOST_BYTES,
      schema: {
        tags,
        operationId: 'uploadRegistryImport',
        summary: 'Read a file (application/octet-stream); check it next · 上传导入文件',
        headers: WriteHeaders,
        querystring: Upload,
        response: { 201: RegistryImport, ...problems(400, 401, 403, 409) },
      },
      handler: async (request, reply) => {
        const { fileName, kind } = request.query;
        const { body } = request;
        if (!Buffer.isBuffer(body)) throw noFile();
        const format = formatOf(fileName);
        // before the transaction: reading a city takes seconds
        const read = linesOf(await readSheetsApart(body, format), kind);
        const answer = await write(context, request, 'registry-import.create', async (tx, _actor, at) => {
          const id = await keepFile(tx, { fileName, format, bytes: body }, read, sessionOf(request).user.id, at);
          const row = await sql.findImport(tx, id);
          if (!row) throw notFound();
          return { answer: importOf(row), target: `registry-import/${id}` };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'GET',
      url: '/registry-imports/:id',
      config,
      schema: {
        tags,
        operationId: 'getRegistryImport',
        summary: 'One import with its progress · 导入详情与进度',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: RegistryImport, ...problems(400, 401, 403, 404) },
      },
      handler: async ({ params }) => {
        const row = await sql.findImport(db, params.id);
        if (!row) throw notFound();
        return importOf(row);
      },
    });

    api.route({
      method: 'GET',
      url: '/registry-imports/:id/changes',
      config,
      schema: {
        tags,
        operationId: 'listRegistryImportChanges',
        summary: 'What it changes, line by line, before and after · 变更预览',
        params: IdParams,
        querystring: ListChanges,
        response: { 200: ChangePage, ...problems(400, 401, 403, 404) },
      },
      handler: async ({ params, query }) => {
        if (!(await sql.findImport(db, params.id))) throw notFound();
        const { rows, nextCursor } = await sql.listLines(db, params.id, query);
        return { items: rows.map(changeOf), nextCursor };
      },
    });

    api.route({
      method: 'GET',
      url: '/registry-imports/:id/errors',
      config,
      schema: {
        tags,
        operationId: 'listRegistryImportErrors',
        summary: 'What is wrong, cell by cell, and what to do · 错误清单',
        params: IdParams,
        querystring: ListErrors,
        response: { 200: ErrorPage, ...problems(400, 401, 403, 404) },
      },
      handler: async ({ params, query }) => {
        if (!(await sql.findImport(db, params.id))) throw notFound();
        const { rows, nextCursor } = await sql.listErrors(db, params.id, query);
        return { items: rows.map(errorOf), nextCursor };
      },
    });

    const step = (name: 'check' | 'commit' | 'undo', work: typeof check, summary: string): void => {
      api.route({
        method: 'POST',
        url: `/registry-imports/:id/${name}`,
        config,
        schema: {
          tags,
          operationId: `${name}RegistryImport`,
          summary,
          headers: IfMatch,
          params: IdParams,
          querystring: NoQuery,
          response: { 200: RegistryImport, ...problems(400, 401, 403, 404, 409, 412) },
        },
        handler: async (request) => {
          const version = wantedVersion(request.headers['if-match']);
          const { id } = request.params;
          return write(context, request, `registry-import.${name}`, async (tx, _actor, at) => {
            const before = await sql.findImport(tx, id, true);
            if (!before) throw notFound();
            if (before.version !== version) throw stale();
            const total = Object.values(before.counts).reduce((sum, { rows }) => sum + rows, 0);
            await work(tx, before, personOf(request, at), reporter(db, id, name, total, clock));
            const row = await sql.findImport(tx, id);
            if (!row) throw notFound();
            return { answer: importOf(row), target: `registry-import/${id}`, before: importOf(before) };
          });
        },
      });
    };
    step('check', check, 'What the file would change now, and what is wrong with it; needs If-Match · 检查');
    step('commit', commit, 'Write everything that the preview shows, or nothing; needs If-Match · 提交');
    step('undo', undo, 'Take a committed import back while nothing was built on it; needs If-Match · 撤销');
  },
};

function personOf(request: FastifyRequest, at: number): Person {
  const { user } = sessionOf(request);
  return { userId: user.id, login: user.login, permissions: user.permissions, at };
}

const noFile = (): Refusal =>
  new Refusal('invalid-request', {
    zh: '请以 application/octet-stream 发送文件内容。',
    en: 'Send the file as application/octet-stream.',
  });
