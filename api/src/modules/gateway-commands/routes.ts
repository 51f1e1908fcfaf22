import { isDeepStrictEqual } from 'node:util';
import { SECOND, shanghaiText } from '@ganzhi/schemas';
import { withTx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { sessionOf } from '../../auth/guard.ts';
import type { ApiModule } from '../../context.ts';
import { notFound, Refusal } from '../../errors/refuse.ts';
import { audit } from '../../lib/audit.ts';
import { NoQuery, problems } from '../../lib/shapes.ts';
import { instantOrNull } from '../../lib/time.ts';
import { CommandHeaders, CommandItem, CommandPage, CreateCommand, GatewayParams, ListCommands } from './schema.ts';
import { type CommandRow, findCommand, gatewayForCare, insertCommand, listCommands } from './sql.ts';

const tags = ['gateway-care'];
const config = { auth: 'user', permission: 'fleet.manage' } as const;

export const gatewayCommands: ApiModule = {
  name: 'gateway-commands',
  routes: (api, { db, clock }) => {
    api.route({
      method: 'GET',
      url: '/gateways/:code/commands',
      config,
      schema: {
        tags,
        operationId: 'listGatewayCommands',
        summary: 'Commands to a gateway and their answers, newest first · 网关命令记录',
        params: GatewayParams,
        querystring: ListCommands,
        response: { 200: CommandPage, ...problems(400, 401, 403, 404) },
      },
      handler: async ({ params, query }) => {
        const gateway = await gatewayForCare(db, params.code);
        if (!gateway) throw notFound();
        const { rows, nextCursor } = await listCommands(db, gateway.id, query);
        return { items: rows.map(itemOf), nextCursor };
      },
    });

    api.route({
      method: 'POST',
      url: '/gateways/:code/commands',
      config,
      schema: {
        tags,
        operationId: 'createGatewayCommand',
        summary: 'Give a gateway a command · 下发网关命令',
        params: GatewayParams,
        querystring: NoQuery,
        headers: CommandHeaders,
        body: CreateCommand,
        response: { 201: CommandItem, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const { params, body } = request;
        const by = sessionOf(request).user.login;
        const key = request.headers['idempotency-key'] ?? null;
        const row = await withTx(db, async (tx) => {
          const gateway = await gatewayForCare(tx, params.code);
          if (!gateway) throw notFound();
          if (gateway.dialect !== 'native' || !gateway.enabled) throw cannotBeTold();
          const at = clock();
          const expiresAt = at + body.expiresInS * SECOND;
          const id = await insertCommand(tx, { gatewayId: gateway.id, body: body.command, by, at, expiresAt, key });
          if (id === undefined) return repeated(await findCommand(tx, { requestedBy: by, key: key ?? '' }), request);
          const after = { id, ...body.command };
          await audit(tx, {
            actor: by,
            action: 'gateway-command.create',
            target: params.code,
            after,
            address: request.ip,
          });
          return findCommand(tx, { id });
        });
        if (!row) throw notFound();
        return reply.code(201).send(itemOf(row));
      },
    });
  },
};

const cannotBeTold = (): Refusal =>
  new Refusal('conflict', {
    zh: '此网关已停用或为其他厂商的网关，不能接收命令。',
    en: 'This gateway is disabled or of another maker; it takes no commands.',
  });

/** The command that was made with this key first; another one under the same key is a mistake. */
function repeated(
  row: CommandRow | undefined,
  { params, body }: { params: z.infer<typeof GatewayParams>; body: z.infer<typeof CreateCommand> },
): CommandRow | undefined {
  if (row && row.gateway === params.code && isDeepStrictEqual(row.body, body.command)) return row;
  throw new Refusal('conflict', {
    zh: 'Idempotency-Key 已用于另一条命令。',
    en: 'This Idempotency-Key was used for another command.',
  });
}

const itemOf = (row: CommandRow): z.infer<typeof CommandItem> => ({
  id: row.id,
  gatewayCode: row.gateway,
  command: row.body,
  state: row.state,
  requestedBy: row.requested_by,
  requestedAt: shanghaiText(row.requested_at),
  expiresAt: shanghaiText(row.expires_at),
  sentAt: instantOrNull(row.sent_at),
  answeredAt: instantOrNull(row.answered_at),
  result: row.result,
  errorCode: row.error_code,
  errorMessage: row.error_message,
});
