import type { Db, Tx } from '@ganzhi/schemas/db';
import { z } from 'zod';
import type { ApiModule } from '../../context.ts';
import { notFound } from '../../errors/refuse.ts';
import { NoQuery, problems } from '../../lib/shapes.ts';
import { assertWholeCity, seesWholeCity, WriteHeaders, write } from '../../lib/write.ts';
import { beginRollout, decideRollout } from './course.ts';
import { imageRoutes } from './image-routes.ts';
import { detailOf, gatewayOf, itemOf } from './rules.ts';
import {
  CreateRollout,
  DecideRollout,
  ListRolloutGateways,
  ListRollouts,
  RolloutDetail,
  RolloutGatewayPage,
  RolloutPage,
  RolloutParams,
} from './schema.ts';
import { findRollout, lastChecks, listGateways, listRollouts, progressOfAll, type RolloutRow } from './sql.ts';

const tags = ['firmware'];
const config = { auth: 'user', permission: 'fleet.manage' } as const;

/**
 * Staged firmware roll-outs (固件分批升级). Firmware is a matter of the whole fleet: who writes here has the whole city as scope; others
 * see how their own gateways fare.
 */
export const firmwareRollouts: ApiModule = {
  name: 'firmware-rollouts',
  routes: (api, context) => {
    const { db } = context;
    imageRoutes(api, context);

    api.route({
      method: 'GET',
      url: '/firmware-rollouts',
      config,
      schema: {
        tags,
        operationId: 'listFirmwareRollouts',
        summary: 'Staged roll-outs, newest first · 固件分批升级',
        querystring: ListRollouts,
        response: { 200: RolloutPage, ...problems(400, 401, 403) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await listRollouts(db, query);
        const ids = rows.map(({ id }) => id);
        const [progress, whole] = await Promise.all([progressOfAll(db, ids), seesWholeCity(db)]);
        return { items: rows.map((row) => itemOf(row, progress, whole)), nextCursor };
      },
    });

    api.route({
      method: 'POST',
      url: '/firmware-rollouts',
      config,
      schema: {
        tags,
        operationId: 'createFirmwareRollout',
        summary: 'Begin a roll-out: image, gateways, cohorts by percentage · 新建固件分批升级',
        querystring: NoQuery,
        headers: WriteHeaders,
        body: CreateRollout,
        response: { 201: RolloutDetail, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const created = await write(context, request, 'firmware-rollout.create', async (tx, by, at) => {
          await assertWholeCity(tx);
          const row = await existing(tx, await beginRollout(tx, request.body, { by, at }));
          return { answer: await detail(tx, row), target: targetOf(row) };
        });
        return reply.code(201).send(created);
      },
    });

    api.route({
      method: 'GET',
      url: '/firmware-rollouts/:id',
      config,
      schema: {
        tags,
        operationId: 'getFirmwareRollout',
        summary: 'A roll-out with progress and completeness of each cohort · 升级批次详情',
        params: RolloutParams,
        querystring: NoQuery,
        response: { 200: RolloutDetail, ...problems(400, 401, 403, 404) },
      },
      handler: async ({ params }) => detail(db, await existing(db, params.id)),
    });

    api.route({
      method: 'GET',
      url: '/firmware-rollouts/:id/gateways',
      config,
      schema: {
        tags,
        operationId: 'listFirmwareRolloutGateways',
        summary: 'Gateways of a roll-out, by code · 升级批次中的网关',
        params: RolloutParams,
        querystring: ListRolloutGateways,
        response: { 200: RolloutGatewayPage, ...problems(400, 401, 403, 404) },
      },
      handler: async ({ params, query }) => {
        const { id } = await existing(db, params.id);
        const { rows, nextCursor } = await listGateways(db, id, query);
        return { items: rows.map(gatewayOf), nextCursor };
      },
    });

    api.route({
      method: 'POST',
      url: '/firmware-rollouts/:id/decisions',
      config,
      schema: {
        tags,
        operationId: 'decideFirmwareRollout',
        summary: 'Pause, resume or abort, with a reason · 暂停、恢复或中止升级',
        params: RolloutParams,
        querystring: NoQuery,
        headers: WriteHeaders,
        body: DecideRollout,
        response: { 200: RolloutDetail, ...problems(400, 401, 403, 404, 409) },
      },
      handler: (request) =>
        write(context, request, `firmware-rollout.${request.body.kind}`, async (tx, _by, now) => {
          await existing(tx, request.params.id);
          await assertWholeCity(tx);
          const { before, after } = await decideRollout(tx, request.params.id, request.body, now);
          return {
            answer: await detail(tx, after),
            target: targetOf(after),
            before: { state: before.state, reason: before.reason },
            after: { state: after.state, reason: request.body.reason },
          };
        }),
    });
  },
};

const targetOf = ({ id }: RolloutRow): string => `firmware-rollout/${id}`;

/** @throws Refusal `not-found`, also where no gateway of it lies in the caller's scope */
async function existing(db: Db | Tx, id: string): Promise<RolloutRow> {
  const row = z.guid().safeParse(id).success ? await findRollout(db, id) : undefined;
  if (!row) throw notFound();
  return row;
}

async function detail(db: Db | Tx, row: RolloutRow) {
  const progress = await progressOfAll(db, [row.id]);
  return detailOf(row, progress, await lastChecks(db, row.id), await seesWholeCity(db));
}
