import { ERRORS, type ErrorCode, shanghaiText } from '@ganzhi/schemas';
import { withTx } from '@ganzhi/schemas/db';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { sessionOf } from '../../auth/guard.ts';
import type { ApiModule } from '../../context.ts';
import { notFound, Refusal, wrongField } from '../../errors/refuse.ts';
import { audit } from '../../lib/audit.ts';
import { NoQuery, problems } from '../../lib/shapes.ts';
import { instantOrNull } from '../../lib/time.ts';
import {
  CountQuarantine,
  CreateReplay,
  ListQuarantine,
  ListReplays,
  QuarantineCounts,
  QuarantinePage,
  QuarantineReplay,
  ReplayPage,
  ReplayParams,
} from './schema.ts';
import {
  type CountRow,
  countQuarantine,
  insertReplay,
  listQuarantine,
  listReplays,
  mayName,
  type QuarantineRow,
  type ReplayRow,
  replayById,
  replayByKey,
} from './sql.ts';

const tags = ['quarantine'];
const config = { auth: 'user' } as const;

export const quarantine: ApiModule = {
  name: 'quarantine',
  routes: (api, { db }) => {
    api.route({
      method: 'GET',
      url: '/quarantine',
      config,
      schema: {
        tags,
        operationId: 'listQuarantine',
        summary: 'Readings that were refused, newest first · 隔离区',
        querystring: ListQuarantine,
        response: { 200: QuarantinePage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await listQuarantine(db, query, query);
        return { items: rows.map(entryOf), nextCursor };
      },
    });

    api.route({
      method: 'GET',
      url: '/quarantine/counts',
      config,
      schema: {
        tags,
        operationId: 'countQuarantine',
        summary: 'Refused readings by reason · 隔离原因统计',
        querystring: CountQuarantine,
        response: { 200: QuarantineCounts, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const rows = await countQuarantine(db, { ...query, state: 'open' });
        return { items: rows.map(countOf), total: rows.reduce((total, { entries }) => total + entries, 0) };
      },
    });

    api.route({
      method: 'POST',
      url: '/quarantine/replays',
      config: { ...config, permission: 'fleet.manage' },
      schema: {
        tags,
        operationId: 'createQuarantineReplay',
        summary: 'Try refused readings again, after the registry was mended · 重新处理隔离数据',
        querystring: NoQuery,
        body: CreateReplay,
        response: { 201: QuarantineReplay, 200: QuarantineReplay, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const { user } = sessionOf(request);
        const key = keyOf(request);
        const { replay, created } = await withTx(db, async (tx) => {
          if (request.body.gateway !== undefined && !(await mayName(tx, request.body.gateway))) throw notFound();
          const inserted = await insertReplay(tx, request.body, { login: user.login, key });
          if (!inserted) return { replay: await replayByKey(tx, user.login, key ?? ''), created: false };
          await audit(tx, {
            actor: user.login,
            action: 'quarantine-replay.create',
            target: String(inserted.id),
            after: { ...request.body, matched: Number(inserted.matched) },
            address: request.ip,
          });
          return { replay: inserted, created: true };
        });
        if (!replay) throw notFound();
        if (!created && !asksTheSame(replay, request.body)) throw otherRequest();
        return reply.code(created ? 201 : 200).send(replayOf(replay));
      },
    });

    api.route({
      method: 'GET',
      url: '/quarantine/replays',
      config,
      schema: {
        tags,
        operationId: 'listQuarantineReplays',
        summary: 'Replays of the quarantine, newest first · 隔离数据处理记录',
        querystring: ListReplays,
        response: { 200: ReplayPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await listReplays(db, query);
        return { items: rows.map(replayOf), nextCursor };
      },
    });

    api.route({
      method: 'GET',
      url: '/quarantine/replays/:id',
      config,
      schema: {
        tags,
        operationId: 'getQuarantineReplay',
        summary: 'Progress of one replay · 处理进度',
        params: ReplayParams,
        querystring: NoQuery,
        response: { 200: QuarantineReplay, ...problems(400, 401, 404) },
      },
      handler: async ({ params }) => {
        const replay = await replayById(db, params.id);
        if (!replay) throw notFound();
        return replayOf(replay);
      },
    });
  },
};

/** `Idempotency-Key`: the same request sent twice is one replay. */
function keyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && /^[\w.:-]{1,100}$/.test(key)) return key;
  throw wrongField('Idempotency-Key', {
    zh: '1 至 100 个字母、数字、下划线、点、冒号或连字符。',
    en: '1 to 100 letters, digits, underscores, dots, colons or dashes.',
  });
}

const asksTheSame = (replay: ReplayRow, body: z.infer<typeof CreateReplay>): boolean =>
  replay.reason === (body.reason ?? null) &&
  replay.only_gateway === (body.gateway ?? null) &&
  replay.meter === (body.meter ?? null) &&
  replay.point === (body.point ?? null);

const otherRequest = (): Refusal =>
  new Refusal('conflict', {
    zh: '此 Idempotency-Key 已用于另一请求，请换一个。',
    en: 'This Idempotency-Key was used for another request; choose a new one.',
  });

const entryOf = (row: QuarantineRow): z.infer<typeof QuarantinePage>['items'][number] => ({
  id: String(row.id),
  receivedAt: shanghaiText(row.received_at),
  gatewayCode: row.gateway_code,
  reason: row.reason,
  detail: row.detail,
  payload: row.payload,
  resolvedAt: instantOrNull(row.resolved_at),
  resolution: row.resolution,
  replayId: row.replay_id === null ? null : String(row.replay_id),
});

function countOf({ reason, entries, gateways, oldest, newest }: CountRow) {
  const title = Object.hasOwn(ERRORS, reason) ? ERRORS[reason as ErrorCode] : { zh: reason, en: reason };
  return {
    reason,
    titleZh: title.zh,
    titleEn: title.en,
    entries,
    gateways,
    oldestAt: shanghaiText(oldest),
    newestAt: shanghaiText(newest),
  };
}

const replayOf = (row: ReplayRow): z.infer<typeof QuarantineReplay> => ({
  id: String(row.id),
  requestedAt: shanghaiText(row.requested_at),
  requestedBy: row.requested_by,
  reason: row.reason,
  gateway: row.only_gateway,
  meter: row.meter,
  point: row.point,
  state: row.finished_at !== null ? 'finished' : row.started_at !== null ? 'running' : 'waiting',
  matched: Number(row.matched),
  stored: Number(row.stored),
  leftAside: Number(row.left_aside),
  refused: Number(row.refused),
  startedAt: instantOrNull(row.started_at),
  finishedAt: instantOrNull(row.finished_at),
});
