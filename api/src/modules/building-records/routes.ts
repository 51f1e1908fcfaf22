import type { Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import type { ApiModule } from '../../context.ts';
import { notFound } from '../../errors/refuse.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { IfMatch, stale, wantedVersion } from '../../lib/version.ts';
import { WriteHeaders, write } from '../../lib/write.ts';
import { institutionExists } from '../reference/sql.ts';
import { assertConditioned, assertZonesFit, buildingRetired, buildingTaken, metersStand } from './rules.ts';
import { Building, BuildingInput, BuildingPage, ListBuildings, NewBuilding, RetireBuilding } from './schema.ts';
import * as sql from './sql.ts';
import { zoneRoutes } from './zone-routes.ts';

const tags = ['buildings'];
const config = { auth: 'user', data: 'registry' } as const;

/** Buildings of institutions and their zones (handbook M02). Who may write for the institution keeps them. */
export const buildingRecords: ApiModule = {
  name: 'building-records',
  routes: (api, context) => {
    const { db } = context;

    api.route({
      method: 'GET',
      url: '/buildings',
      config,
      schema: {
        tags,
        operationId: 'listBuildingRecords',
        summary: 'Buildings · 建筑',
        querystring: ListBuildings,
        response: { 200: BuildingPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await sql.listBuildings(db, query);
        return { items: [...rows], nextCursor };
      },
    });

    api.route({
      method: 'GET',
      url: '/buildings/:id',
      config,
      schema: {
        tags,
        operationId: 'getBuilding',
        summary: 'One building · 建筑详情',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: Building, ...problems(400, 401, 404) },
      },
      handler: async ({ params }, reply) => {
        const building = await sql.findBuilding(db, params.id);
        if (!building) throw notFound();
        reply.header('etag', `"${building.version}"`);
        return building;
      },
    });

    api.route({
      method: 'POST',
      url: '/buildings',
      config,
      schema: {
        tags,
        operationId: 'createBuilding',
        summary: 'Register a building · 登记建筑',
        headers: WriteHeaders,
        querystring: NoQuery,
        body: NewBuilding,
        response: { 201: Building, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const { institutionId, ...input } = request.body;
        const answer = await write(context, request, 'building.create', async (tx, actor) => {
          if (!(await institutionExists(tx, institutionId))) throw notFound();
          assertConditioned(input);
          const id = await sql.insertBuilding(tx, institutionId, input, actor);
          if (id === undefined) throw buildingTaken(input.code);
          return { answer: await existing(tx, id), target: `building/${id}` };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'PUT',
      url: '/buildings/:id',
      config,
      schema: {
        tags,
        operationId: 'updateBuilding',
        summary: 'Replace what is said of a building, with If-Match · 修改建筑',
        headers: IfMatch,
        params: IdParams,
        querystring: NoQuery,
        body: BuildingInput,
        response: { 200: Building, ...problems(400, 401, 403, 404, 409, 412) },
      },
      handler: async (request) => {
        const version = wantedVersion(request.headers['if-match']);
        return write(context, request, 'building.update', async (tx) => {
          const before = await usable(tx, request.params.id, version);
          const { body } = request;
          assertConditioned(body);
          assertZonesFit(body.areaM2, [before.zonedM2]);
          if (!(await sql.updateBuilding(tx, before.id, body))) throw buildingTaken(body.code);
          return { answer: await existing(tx, before.id), target: `building/${before.id}`, before };
        });
      },
    });

    api.route({
      method: 'POST',
      url: '/buildings/:id/retirement',
      config,
      schema: {
        tags,
        operationId: 'retireBuilding',
        summary: 'Give a building up; its history stays; needs If-Match · 停用建筑',
        headers: IfMatch,
        params: IdParams,
        querystring: NoQuery,
        body: RetireBuilding,
        response: { 200: Building, ...problems(400, 401, 403, 404, 409, 412) },
      },
      handler: async (request) => {
        const version = wantedVersion(request.headers['if-match']);
        return write(context, request, 'building.retire', async (tx) => {
          const before = await usable(tx, request.params.id, version);
          const standing = await sql.metersIn(tx, before.id);
          if (standing.length > 0) throw metersStand(standing);
          await sql.retireBuilding(tx, before.id, request.body.on, request.body.reason);
          return { answer: await existing(tx, before.id), target: `building/${before.id}`, before };
        });
      },
    });

    zoneRoutes(api, context);
  },
};

/** @throws Refusal `not-found` */
async function existing(tx: Tx, id: number): Promise<z.infer<typeof Building>> {
  const building = await sql.findBuilding(tx, id);
  if (!building) throw notFound();
  return building;
}

/** @throws Refusal `not-found`, `stale-version`, or `conflict` for one that was given up */
async function usable(tx: Tx, id: number, version: number): Promise<z.infer<typeof Building>> {
  const building = await sql.findBuilding(tx, id, true);
  if (!building) throw notFound();
  if (building.version !== version) throw stale();
  if (building.retired) throw buildingRetired(building.retired.on);
  return building;
}
