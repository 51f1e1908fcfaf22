import { randomBytes } from 'node:crypto';
import { shanghaiText } from '@ganzhi/schemas';
import { z } from 'zod';
import { sessionOf } from '../../auth/guard.ts';
import type { ApiModule } from '../../context.ts';
import { markSeen } from '../../engines/notification/sql.ts';
import { notFound, Refusal } from '../../errors/refuse.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { WriteHeaders, write } from '../../lib/write.ts';
import {
  Channels,
  CreateChannel,
  CreatedChannel,
  ListNotifications,
  NotificationPage,
  NotificationParams,
} from './schema.ts';
import {
  countUnseen,
  deleteChannel,
  insertChannel,
  listChannels,
  listNotifications,
  type NotificationRow,
} from './sql.ts';

const tags = ['notifications'];
/** Everybody his own: no route here reaches another person's. */
const config = { auth: 'session' } as const;

export const notifications: ApiModule = {
  name: 'notifications',
  routes: (api, context) => {
    const { db } = context;

    api.route({
      method: 'GET',
      url: '/notifications',
      config,
      schema: {
        tags,
        operationId: 'listNotifications',
        summary: 'What I was told, newest first · 我的消息',
        querystring: ListNotifications,
        response: { 200: NotificationPage, ...problems(400, 401) },
      },
      handler: async (request) => {
        const userId = sessionOf(request).user.id;
        const { unseen, ...page } = request.query;
        const { rows, nextCursor } = await listNotifications(db, { userId, unseen }, page);
        return { items: rows.map(itemOf), nextCursor, unseen: await countUnseen(db, userId) };
      },
    });

    api.route({
      method: 'POST',
      url: '/notifications/:id/seen',
      config,
      schema: {
        tags,
        operationId: 'markNotificationSeen',
        summary: 'I have seen it · 标记已读',
        params: NotificationParams,
        querystring: NoQuery,
        headers: WriteHeaders,
        response: { 204: z.null(), ...problems(400, 401, 403, 404) },
      },
      handler: async (request, reply) => {
        const { id } = request.params;
        await write(context, request, 'notification.see', async (tx, _actor, now) => {
          if (!(await markSeen(tx, sessionOf(request).user.id, BigInt(id), now))) throw notFound();
          return { answer: null, target: `notification/${id}` };
        });
        return reply.code(204).send(null);
      },
    });

    api.route({
      method: 'GET',
      url: '/notification-channels',
      config,
      schema: {
        tags,
        operationId: 'listNotificationChannels',
        summary: 'Where I am told beside the page · 我的通知渠道',
        querystring: NoQuery,
        response: { 200: Channels, ...problems(400, 401) },
      },
      handler: async (request) => ({ items: await listChannels(db, sessionOf(request).user.id) }),
    });

    api.route({
      method: 'POST',
      url: '/notification-channels',
      config,
      schema: {
        tags,
        operationId: 'createNotificationChannel',
        summary: 'Be told by mail or webhook; the secret is shown once · 新增通知渠道',
        querystring: NoQuery,
        body: CreateChannel,
        response: { 201: CreatedChannel, ...problems(400, 401, 403, 409) },
      },
      handler: async (request, reply) => {
        const userId = sessionOf(request).user.id;
        const secret = request.body.channel === 'webhook' ? randomBytes(32).toString('base64url') : '';
        const created = await write(context, request, 'notification-channel.create', async (tx) => {
          const id = await insertChannel(tx, userId, { ...request.body, secret });
          if (id === undefined) {
            throw new Refusal('conflict', { zh: '该地址已登记。', en: 'This address is among your channels already.' });
          }
          const { channel, address } = request.body;
          const target = `notification-channel/${id}`;
          return { answer: { ...request.body, id, lastError: null, secret }, target, after: { channel, address } };
        });
        return reply.code(201).send(created);
      },
    });

    api.route({
      method: 'DELETE',
      url: '/notification-channels/:id',
      config,
      schema: {
        tags,
        operationId: 'deleteNotificationChannel',
        summary: 'Be told there no longer · 删除通知渠道',
        params: IdParams,
        querystring: NoQuery,
        response: { 204: z.null(), ...problems(400, 401, 403, 404) },
      },
      handler: async (request, reply) => {
        const { id } = request.params;
        await write(context, request, 'notification-channel.delete', async (tx) => {
          if (!(await deleteChannel(tx, sessionOf(request).user.id, id))) throw notFound();
          return { answer: null, target: `notification-channel/${id}` };
        });
        return reply.code(204).send(null);
      },
    });
  },
};

const orNull = (t: number | null): string | null => (t === null ? null : shanghaiText(t));

const itemOf = (row: NotificationRow): z.infer<typeof NotificationPage>['items'][number] => ({
  id: String(row.id),
  kind: row.kind,
  subject: row.subject,
  urgent: row.urgent,
  titleZh: row.title_zh,
  titleEn: row.title_en,
  textZh: row.text_zh,
  textEn: row.text_en,
  createdAt: shanghaiText(row.created_at),
  seenAt: orNull(row.seen_at),
  actedAt: orNull(row.acted_at),
});
