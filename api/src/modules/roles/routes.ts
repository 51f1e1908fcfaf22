import { withTx } from '@ganzhi/schemas/db';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { sessionOf } from '../../auth/guard.ts';
import { SECURITY_SETTING, securityPolicy } from '../../auth/policy.ts';
import type { ApiModule } from '../../context.ts';
import { notFound } from '../../errors/refuse.ts';
import { audit } from '../../lib/audit.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { findUser } from '../users/sql.ts';
import { delegate, grantRole, revokeRole } from './grant.ts';
import { assignmentOf } from './rules.ts';
import { Assignment, Assignments, Delegate, GrantRole, Roles, SecurityPolicy } from './schema.ts';
import { assignmentsOf, listRoles } from './sql.ts';

const tags = ['roles'];
const reading = { auth: 'user', permission: 'users.read' } as const;
const managing = { auth: 'user', permission: 'roles.manage' } as const;

const by = (request: FastifyRequest) => {
  const { id, login } = sessionOf(request).user;
  return { id, login, address: request.ip };
};

export const roles: ApiModule = {
  name: 'roles',
  routes: (api, context) => {
    const { db } = context;

    api.route({
      method: 'GET',
      url: '/roles',
      config: reading,
      schema: {
        tags,
        operationId: 'listRoles',
        summary: 'Roles and what they permit · 角色与权限',
        querystring: NoQuery,
        response: { 200: Roles, ...problems(400, 401, 403) },
      },
      handler: async () => ({ items: await listRoles(db) }),
    });

    api.route({
      method: 'GET',
      url: '/users/:id/assignments',
      config: reading,
      schema: {
        tags,
        operationId: 'listUserAssignments',
        summary: 'Roles of a user with their scope, past ones too · 用户授权',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: Assignments, ...problems(400, 401, 403, 404) },
      },
      handler: async ({ params }) => {
        if (!(await findUser(db, params.id))) throw notFound();
        return { items: (await assignmentsOf(db, params.id)).map(assignmentOf) };
      },
    });

    api.route({
      method: 'POST',
      url: '/users/:id/assignments',
      config: managing,
      schema: {
        tags,
        operationId: 'grantRole',
        summary: 'Give a user a role within a scope · 授权',
        params: IdParams,
        querystring: NoQuery,
        body: GrantRole,
        response: { 201: Assignment, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) =>
        reply.code(201).send(await grantRole(context, by(request), request.params.id, request.body)),
    });

    api.route({
      method: 'DELETE',
      url: '/assignments/:id',
      config: managing,
      schema: {
        tags,
        operationId: 'revokeRole',
        summary: 'Take a role back; delegations made of it end · 撤销授权',
        params: IdParams,
        querystring: NoQuery,
        response: { 204: z.null(), ...problems(400, 401, 403, 404) },
      },
      handler: async (request, reply) => {
        await revokeRole(context, by(request), request.params.id);
        return reply.code(204).send(null);
      },
    });

    api.route({
      method: 'POST',
      url: '/delegations',
      config: { auth: 'session' },
      schema: {
        tags,
        operationId: 'delegateRole',
        summary: 'Hand my own role to a colleague for a while · 委托',
        querystring: NoQuery,
        body: Delegate,
        response: { 201: Assignment, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => reply.code(201).send(await delegate(context, by(request), request.body)),
    });

    api.route({
      method: 'GET',
      url: '/security-policy',
      config: managing,
      schema: {
        tags,
        operationId: 'getSecurityPolicy',
        summary: 'Rules for log-ins · 安全策略',
        querystring: NoQuery,
        response: { 200: SecurityPolicy, ...problems(400, 401, 403) },
      },
      handler: () => securityPolicy(db),
    });

    api.route({
      method: 'PUT',
      url: '/security-policy',
      config: managing,
      schema: {
        tags,
        operationId: 'putSecurityPolicy',
        summary: 'Set the rules for log-ins; what is left out has its default · 设置安全策略',
        querystring: NoQuery,
        body: SecurityPolicy,
        response: { 200: SecurityPolicy, ...problems(400, 401, 403) },
      },
      handler: (request) =>
        withTx(db, async (tx) => {
          const before = await securityPolicy(tx);
          await tx.query(
            `insert into platform.setting (key, value) values ($1, $2)
             on conflict (key) do update set value = excluded.value`,
            [SECURITY_SETTING, JSON.stringify(request.body)],
          );
          const { login, address } = by(request);
          await audit(tx, {
            actor: login,
            action: 'policy.put',
            target: SECURITY_SETTING,
            before,
            after: request.body,
            address,
          });
          return request.body;
        }),
    });
  },
};
