import type { Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import type { ApiModule } from '../../context.ts';
import { notFound } from '../../errors/refuse.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { IfMatch, stale, wantedVersion } from '../../lib/version.ts';
import { WriteHeaders, write } from '../../lib/write.ts';
import { assertZonesFit, buildingRetired, zoneTaken } from './rules.ts';
import { type Building, Zone, ZoneInput, Zones } from './schema.ts';
import * as sql from './sql.ts';

const tags = ['buildings'];
const config = { auth: 'user', data: 'registry' } as const;

/** Zones of a building. Their sum is judged with the building locked, so that two writers cannot exceed it together. */
export const zoneRoutes: ApiModule['routes'] = (api, context) => {
  const { db } = context;

  api.route({
    method: 'GET',
    url: '/buildings/:id/zones',
    config,
    schema: {
      tags,
      operationId: 'listZones',
      summary: 'Zones of a building · 建筑分区',
      params: IdParams,
      querystring: NoQuery,
      response: { 200: Zones, ...problems(400, 401, 404) },
    },
    handler: async ({ params }) => {
      if (!(await sql.findBuilding(db, params.id))) throw notFound();
      return { items: await sql.zonesOf(db, params.id) };
    },
  });

  api.route({
    method: 'POST',
    url: '/buildings/:id/zones',
    config,
    schema: {
      tags,
      operationId: 'createZone',
      summary: 'Register a zone · 登记分区',
      headers: WriteHeaders,
      params: IdParams,
      querystring: NoQuery,
      body: ZoneInput,
      response: { 201: Zone, ...problems(400, 401, 403, 404, 409) },
    },
    handler: async (request, reply) => {
      const { body } = request;
      const answer = await write(context, request, 'zone.create', async (tx, actor) => {
        const building = await inUse(tx, request.params.id);
        const id = await sql.insertZone(tx, building, body, actor);
        if (id === undefined) throw zoneTaken(body.code);
        return { answer: await fitting(tx, building, id), target: `zone/${id}` };
      });
      return reply.code(201).send(answer);
    },
  });

  api.route({
    method: 'PUT',
    url: '/zones/:id',
    config,
    schema: {
      tags,
      operationId: 'updateZone',
      summary: 'Replace a zone, with If-Match · 修改分区',
      headers: IfMatch,
      params: IdParams,
      querystring: NoQuery,
      body: ZoneInput,
      response: { 200: Zone, ...problems(400, 401, 403, 404, 409, 412) },
    },
    handler: async (request) => {
      const version = wantedVersion(request.headers['if-match']);
      return write(context, request, 'zone.update', async (tx) => {
        const { before, building } = await current(tx, request.params.id, version);
        if (!(await sql.updateZone(tx, before.id, request.body))) throw zoneTaken(request.body.code);
        return { answer: await fitting(tx, building, before.id), target: `zone/${before.id}`, before };
      });
    },
  });

  api.route({
    method: 'DELETE',
    url: '/zones/:id',
    config,
    schema: {
      tags,
      operationId: 'deleteZone',
      summary: 'Remove a zone, with If-Match; the audit trail keeps it · 删除分区',
      headers: IfMatch,
      params: IdParams,
      querystring: NoQuery,
      response: { 200: Zone, ...problems(400, 401, 403, 404, 409, 412) },
    },
    handler: async (request) => {
      const version = wantedVersion(request.headers['if-match']);
      return write(context, request, 'zone.delete', async (tx) => {
        const { before } = await current(tx, request.params.id, version);
        await sql.deleteZone(tx, before.id);
        return { answer: before, target: `zone/${before.id}`, before, after: null };
      });
    },
  });
};

async function inUse(tx: Tx, id: number): Promise<z.infer<typeof Building>> {
  const building = await sql.findBuilding(tx, id, true);
  if (!building) throw notFound();
  if (building.retired) throw buildingRetired(building.retired.on);
  return building;
}

/** The zone and its building, both locked. */
async function current(tx: Tx, id: number, version: number) {
  const found = await sql.findZone(tx, id);
  if (!found) throw notFound();
  const building = await inUse(tx, found.buildingId);
  if (found.version !== version) throw stale();
  return { before: found, building };
}

/** The zone as it is now, when all zones fit into the building. */
async function fitting(tx: Tx, building: z.infer<typeof Building>, id: number): Promise<z.infer<typeof Zone>> {
  const zones = await sql.zonesOf(tx, building.id);
  assertZonesFit(
    building.areaM2,
    zones.map(({ areaM2 }) => areaM2),
  );
  const zone = zones.find((candidate) => candidate.id === id);
  if (!zone) throw notFound();
  return zone;
}
