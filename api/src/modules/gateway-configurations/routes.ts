import { createHash } from 'node:crypto';
import { ConfigurationOrder, shanghaiText } from '@ganzhi/schemas';
import { withTx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { sessionOf } from '../../auth/guard.ts';
import type { ApiModule } from '../../context.ts';
import { notFound, Refusal, wrongField } from '../../errors/refuse.ts';
import { audit } from '../../lib/audit.ts';
import { NoQuery, problems } from '../../lib/shapes.ts';
import { gatewayForCare } from '../gateway-commands/sql.ts';
import { configurationFaults } from './rules.ts';
import {
  ConfigurationItem,
  ConfigurationPage,
  CreateConfiguration,
  GatewayParams,
  ListConfigurations,
} from './schema.ts';
import {
  type ConfigurationRow,
  findState,
  insertConfiguration,
  listConfigurations,
  lockNewestVersion,
  registeredMeters,
} from './sql.ts';

const tags = ['gateway-care'];
const config = { auth: 'user', permission: 'fleet.manage' } as const;
/** Meters by the thousand: 2,000 of them fit. */
const BODY_LIMIT = 1024 * 1024;
const LONGEST_TEXT = ConfigurationOrder.shape.text.maxLength ?? 0;

export const gatewayConfigurations: ApiModule = {
  name: 'gateway-configurations',
  routes: (api, { db, clock }) => {
    api.route({
      method: 'GET',
      url: '/gateways/:code/configurations',
      config,
      schema: {
        tags,
        operationId: 'listGatewayConfigurations',
        summary: 'Versions of a gateway’s configuration, and what it says about the last · 网关配置版本',
        params: GatewayParams,
        querystring: ListConfigurations,
        response: { 200: ConfigurationPage, ...problems(400, 401, 403, 404) },
      },
      handler: async ({ params, query }) => {
        const gateway = await gatewayForCare(db, params.code);
        if (!gateway) throw notFound();
        const [page, state] = await Promise.all([listConfigurations(db, gateway.id, query), findState(db, gateway.id)]);
        return {
          items: page.rows.map(itemOf),
          nextCursor: page.nextCursor,
          state: state
            ? {
                version: state.version,
                state: state.state,
                reason: state.reason,
                running: state.running,
                reportedAt: shanghaiText(state.reported_at),
              }
            : null,
        };
      },
    });

    api.route({
      method: 'POST',
      url: '/gateways/:code/configurations',
      config,
      bodyLimit: BODY_LIMIT,
      schema: {
        tags,
        operationId: 'createGatewayConfiguration',
        summary: 'A new version; the gateway tries it and returns by itself when it fails · 下发网关配置',
        params: GatewayParams,
        querystring: NoQuery,
        body: CreateConfiguration,
        response: { 201: ConfigurationItem, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const { params, body } = request;
        const author = sessionOf(request).user.login;
        const row = await withTx(db, async (tx) => {
          const gateway = await gatewayForCare(tx, params.code);
          if (!gateway) throw notFound();
          const newest = await lockNewestVersion(tx, gateway.id);
          if (newest !== body.basedOn) throw overtaken(newest);
          const fields = configurationFaults(body.configuration, await registeredMeters(tx, gateway.id));
          if (fields.length > 0) throw refused(fields);
          const text = JSON.stringify(body.configuration);
          if (text.length > LONGEST_TEXT) throw tooLong();
          const digest = createHash('sha256').update(text).digest();
          const inserted = await insertConfiguration(tx, {
            gatewayId: gateway.id,
            version: newest + 1,
            body: text,
            digest,
            author,
            at: clock(),
            note: body.note ?? null,
          });
          const after = {
            version: newest + 1,
            digest: digest.toString('hex'),
            meters: body.configuration.meters.length,
          };
          await audit(tx, {
            actor: author,
            action: 'gateway-configuration.create',
            target: params.code,
            after,
            address: request.ip,
          });
          return inserted;
        });
        if (!row) throw notFound();
        return reply.code(201).send(itemOf(row));
      },
    });
  },
};

const overtaken = (newest: number): Refusal =>
  new Refusal('conflict', {
    zh: `basedOn 不是最新版本，最新为 ${newest}。请在其基础上修改。`,
    en: `basedOn is not the newest version, which is ${newest}. Start from that one.`,
  });

const refused = (fields: ReturnType<typeof configurationFaults>): Refusal =>
  new Refusal(
    'invalid-request',
    { zh: '配置未通过校验。', en: 'The configuration does not pass its checks.' },
    { fields },
  );

const tooLong = (): Refusal =>
  wrongField('configuration', {
    zh: `配置超过 ${LONGEST_TEXT} 个字符。`,
    en: `The configuration exceeds ${LONGEST_TEXT} characters.`,
  });

const itemOf = (row: ConfigurationRow): z.infer<typeof ConfigurationItem> => ({
  version: row.version,
  digest: row.digest,
  author: row.author,
  createdAt: shanghaiText(row.created_at),
  note: row.note,
  configuration: JSON.parse(row.body),
});
