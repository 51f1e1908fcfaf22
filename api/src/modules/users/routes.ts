import { withTx } from '@ganzhi/schemas/db';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { newPassword } from '../../auth/administrator.ts';
import { sessionOf } from '../../auth/guard.ts';
import { hashPassword } from '../../auth/password.ts';
import type { ApiModule } from '../../context.ts';
import { notFound, Refusal } from '../../errors/refuse.ts';
import { audit } from '../../lib/audit.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { stale, wantedVersion } from '../../lib/version.ts';
import { endSessions, lockUser, savePassword } from '../sessions/sql.ts';
import { userOf } from './rules.ts';
import { CreatedUser, CreateUser, ListUsers, NewPassword, UpdateUser, User, UserPage } from './schema.ts';
import { findUser, insertUser, listUsers, updateUser } from './sql.ts';

const tags = ['users'];
const reading = { auth: 'user', permission: 'users.read' } as const;
const managing = { auth: 'user', permission: 'users.manage' } as const;

const seesPersonal = (request: FastifyRequest): boolean =>
  sessionOf(request).user.permissions.includes('personal.read');

export const users: ApiModule = {
  name: 'users',
  routes: (api, { db, clock }) => {
    api.route({
      method: 'GET',
      url: '/users',
      config: reading,
      schema: {
        tags,
        operationId: 'listUsers',
        summary: 'Users by login · 用户列表',
        querystring: ListUsers,
        response: { 200: UserPage, ...problems(400, 401, 403) },
      },
      handler: async (request) => {
        const { rows, nextCursor, total } = await listUsers(db, request.query);
        return { items: rows.map((row) => userOf(row, seesPersonal(request))), nextCursor, total };
      },
    });

    api.route({
      method: 'GET',
      url: '/users/:id',
      config: reading,
      schema: {
        tags,
        operationId: 'getUser',
        summary: 'One user · 用户详情',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: User, ...problems(400, 401, 403, 404) },
      },
      handler: async (request) => {
        const row = await findUser(db, request.params.id);
        if (!row) throw notFound();
        return userOf(row, seesPersonal(request));
      },
    });

    api.route({
      method: 'POST',
      url: '/users',
      config: managing,
      schema: {
        tags,
        operationId: 'createUser',
        summary: 'Enter a user; the temporary password is shown once · 新建用户',
        querystring: NoQuery,
        body: CreateUser,
        response: { 201: CreatedUser, ...problems(400, 401, 403, 409) },
      },
      handler: async (request, reply) => {
        const now = clock();
        const temporaryPassword = request.body.kind === 'person' ? newPassword() : null;
        const passwordHash = temporaryPassword === null ? null : await hashPassword(temporaryPassword);
        const row = await withTx(db, async (tx) => {
          const id = await insertUser(tx, request.body, { passwordHash, now });
          const made = id === undefined ? undefined : await findUser(tx, id);
          if (!made) {
            throw new Refusal('conflict', { zh: '该用户名已存在。', en: 'There is a user of this login.' });
          }
          const actor = sessionOf(request).user.login;
          const after = userOf(made, false);
          await audit(tx, { actor, action: 'user.create', target: made.login, after, address: request.ip });
          return made;
        });
        return reply.code(201).send({ ...userOf(row, seesPersonal(request)), temporaryPassword });
      },
    });

    api.route({
      method: 'PATCH',
      url: '/users/:id',
      config: managing,
      schema: {
        tags,
        operationId: 'updateUser',
        summary: 'Change or disable a user; needs If-Match · 修改用户',
        params: IdParams,
        querystring: NoQuery,
        body: UpdateUser,
        response: { 200: User, ...problems(400, 401, 403, 404, 412) },
      },
      handler: async (request) => {
        const { id } = request.params;
        const version = wantedVersion(request.headers['if-match']);
        const row = await withTx(db, async (tx) => {
          const before = await findUser(tx, id);
          if (!before) throw notFound();
          if (!(await updateUser(tx, id, version, request.body))) throw stale();
          // A disabled user is out at once, not when the session ends.
          if (request.body.enabled === false) await endSessions(tx, id);
          const after = await findUser(tx, id);
          if (!after) throw notFound();
          await audit(tx, {
            actor: sessionOf(request).user.login,
            action: 'user.update',
            target: before.login,
            before: userOf(before, false),
            after: userOf(after, false),
            address: request.ip,
          });
          return after;
        });
        return userOf(row, seesPersonal(request));
      },
    });

    api.route({
      method: 'POST',
      url: '/users/:id/password-resets',
      config: managing,
      schema: {
        tags,
        operationId: 'resetUserPassword',
        summary: 'A new temporary password, shown once; ends the lock and the sessions · 重置密码',
        params: IdParams,
        querystring: NoQuery,
        response: { 201: NewPassword, ...problems(400, 401, 403, 404) },
      },
      handler: async (request, reply) => {
        const temporaryPassword = newPassword();
        const hash = await hashPassword(temporaryPassword);
        await withTx(db, async (tx) => {
          const user = await lockUser(tx, { id: request.params.id });
          if (!user?.password_hash) throw notFound();
          const history = [user.password_hash, ...user.password_history].slice(0, 24);
          await savePassword(tx, user.id, { hash, history, temporary: true, now: clock() });
          await endSessions(tx, user.id);
          const actor = sessionOf(request).user.login;
          await audit(tx, { actor, action: 'user.reset-password', target: user.login, address: request.ip });
        });
        return reply.code(201).send({ temporaryPassword });
      },
    });

    api.route({
      method: 'DELETE',
      url: '/users/:id/sessions',
      config: { auth: 'user', permission: 'roles.manage' },
      schema: {
        tags,
        operationId: 'endUserSessions',
        summary: 'End all log-ins of a user · 强制下线',
        params: IdParams,
        querystring: NoQuery,
        response: { 204: z.null(), ...problems(400, 401, 403, 404) },
      },
      handler: async (request, reply) => {
        await withTx(db, async (tx) => {
          const user = await lockUser(tx, { id: request.params.id });
          if (!user) throw notFound();
          const ended = await endSessions(tx, user.id);
          const actor = sessionOf(request).user.login;
          await audit(tx, {
            actor,
            action: 'session.end-all',
            target: user.login,
            after: { ended },
            address: request.ip,
          });
        });
        return reply.code(204).send(null);
      },
    });
  },
};
