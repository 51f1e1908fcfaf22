import { quantityById, shanghaiText } from '@ganzhi/schemas';
import type { ApiModule } from '../../context.ts';
import { notFound, Refusal } from '../../errors/refuse.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { WriteHeaders, write } from '../../lib/write.ts';
import { checkedTags, foreignGateway } from './check.ts';
import { suggest } from './rules.ts';
import * as shapes from './schema.ts';
import * as sql from './sql.ts';

const tags = ['dialect-mappings'];
const config = { auth: 'user' } as const;
/** A list of the longest names. */
const IMPORT_BYTES = 2 * 1_024 * 1_024;
const fleet = { auth: 'user', permission: 'fleet.manage' } as const;

export const dialectMappings: ApiModule = {
  name: 'dialect-mappings',
  routes: (api, context) => {
    const { db } = context;

    api.route({
      method: 'GET',
      url: '/dialect-mappings',
      config,
      schema: {
        tags,
        operationId: 'listDialectMappings',
        summary: "What other makers' gateways call our points · 第三方网关标签映射",
        querystring: shapes.ListMappings,
        response: { 200: shapes.MappingPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await sql.listMappings(db, query, query);
        return { items: rows.map(mappingOf), nextCursor };
      },
    });

    api.route({
      method: 'POST',
      url: '/dialect-mappings',
      config: fleet,
      schema: {
        tags,
        operationId: 'createDialectMapping',
        summary: 'Map a tag to a point, or leave it aside · 新增标签映射',
        headers: WriteHeaders,
        querystring: NoQuery,
        body: shapes.NewMapping,
        response: { 201: shapes.Mapping, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const answer = await write(context, request, 'dialect-mapping.create', async (tx, _actor, now) => {
          const { gatewayId, ...wanted } = request.body;
          const gateway = await foreignGateway(tx, gatewayId);
          const there = (await sql.mappingsOf(tx, gateway.id)).find((row) => isNamed(row, wanted));
          if (there) throw alreadyMapped(there.id);
          const checked = await checkedTags(tx, gateway.id, [wanted], new Set(), (_, field) => field);
          await sql.upsertMappings(tx, gateway.id, checked, now);
          const row = (await sql.mappingsOf(tx, gateway.id)).find((one) => isNamed(one, wanted));
          if (!row) throw notFound();
          return { answer: mappingOf(row), target: `dialect-mapping/${row.id}` };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'GET',
      url: '/dialect-mappings/:id',
      config,
      schema: {
        tags,
        operationId: 'getDialectMapping',
        summary: 'One mapping; its ETag is what a change must name · 标签映射详情',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: shapes.Mapping, ...problems(400, 401, 404) },
      },
      handler: async ({ params }, reply) => {
        const row = await sql.mappingById(db, params.id);
        if (!row) throw notFound();
        reply.header('etag', etagOf(row));
        return mappingOf(row);
      },
    });

    api.route({
      method: 'PUT',
      url: '/dialect-mappings/:id',
      config: fleet,
      schema: {
        tags,
        operationId: 'updateDialectMapping',
        summary: 'Another target for a tag · 修改标签映射',
        headers: shapes.IfMatch,
        params: IdParams,
        querystring: NoQuery,
        body: shapes.Target,
        response: { 200: shapes.Mapping, ...problems(400, 401, 403, 404, 409, 412) },
      },
      handler: async (request, reply) => {
        const { params, body, headers } = request;
        const changed = await write(context, request, 'dialect-mapping.update', async (tx, _actor, now) => {
          const row = await unchanged(await sql.mappingById(tx, params.id, true), headers['if-match']);
          const wanted = { ...body, device: row.device, tag: row.tag };
          const checked = await checkedTags(tx, row.gateway_id, [wanted], new Set([row.id]), (_, field) => field);
          await sql.upsertMappings(tx, row.gateway_id, checked, now);
          const after = await sql.mappingById(tx, params.id);
          if (!after) throw notFound();
          const answer = { mapping: mappingOf(after), etag: etagOf(after) };
          return { answer, target: `dialect-mapping/${row.id}`, before: mappingOf(row), after: answer.mapping };
        });
        reply.header('etag', changed.etag);
        return changed.mapping;
      },
    });

    api.route({
      method: 'DELETE',
      url: '/dialect-mappings/:id',
      config: fleet,
      schema: {
        tags,
        operationId: 'deleteDialectMapping',
        summary: 'Remove a mapping: the tag is taken by its own names again · 删除标签映射',
        headers: shapes.IfMatch,
        params: IdParams,
        querystring: NoQuery,
        response: { 200: shapes.Mapping, ...problems(400, 401, 403, 404, 412) },
      },
      handler: (request) =>
        write(context, request, 'dialect-mapping.delete', async (tx) => {
          const row = await unchanged(await sql.mappingById(tx, request.params.id, true), request.headers['if-match']);
          await sql.deleteMapping(tx, row.id);
          const before = mappingOf(row);
          return { answer: before, target: `dialect-mapping/${row.id}`, before, after: null };
        }),
    });

    api.route({
      method: 'POST',
      url: '/dialect-mapping-imports',
      config: fleet,
      bodyLimit: IMPORT_BYTES,
      schema: {
        tags,
        operationId: 'importDialectMappings',
        summary: 'Map a list of tags of one gateway, all or none · 批量导入标签映射',
        headers: WriteHeaders,
        querystring: NoQuery,
        body: shapes.ImportMappings,
        response: { 201: shapes.Imported, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const answer = await write(context, request, 'dialect-mapping.import', async (tx, _actor, now) => {
          const { gatewayId, dryRun, mappings } = request.body;
          const gateway = await foreignGateway(tx, gatewayId);
          const there = new Map((await sql.mappingsOf(tx, gateway.id)).map((row) => [nameOf(row), row]));
          const same = new Set(mappings.flatMap((one) => there.get(nameOf(one))?.id ?? []));
          const checked = await checkedTags(tx, gateway.id, mappings, same, (i, field) => `mappings.${i}.${field}`);
          const changed = checked.filter((one) => !isSame(there.get(nameOf(one)), one));
          const updated = changed.filter((one) => there.has(nameOf(one))).length;
          if (!dryRun) await sql.upsertMappings(tx, gateway.id, changed, now);
          const counts = { created: changed.length - updated, updated, unchanged: checked.length - changed.length };
          return { answer: { dryRun, ...counts }, target: `gateway/${gateway.id}` };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'GET',
      url: '/gateways/:id/dialect-mapping-suggestions',
      config,
      schema: {
        tags,
        operationId: 'suggestDialectMappings',
        summary: 'Tags that wait in quarantine, and what they may mean · 待映射标签与建议',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: shapes.Suggestions, ...problems(400, 401, 404) },
      },
      handler: async ({ params }) => {
        const gateway = await sql.gatewayById(db, params.id);
        if (!gateway) throw notFound();
        const [waiting, free] = await Promise.all([sql.unmappedTags(db, gateway), sql.freePoints(db, gateway.id)]);
        return {
          items: waiting.map(({ device, tag, entries, last_received_at: at, last_value: lastValue }) => ({
            device,
            tag,
            entries,
            lastReceivedAt: shanghaiText(at),
            lastValue,
            suggestion: suggest(device, tag, free) ?? null,
          })),
        };
      },
    });
  },
};

const nameOf = ({ device, tag }: { device: string; tag: string }): string => `${device}\n${tag}`;
const isNamed = (row: sql.MappingRow, wanted: { device: string; tag: string }): boolean =>
  nameOf(row) === nameOf(wanted);
const etagOf = ({ version }: sql.MappingRow): string => `"v${version}"`;

const isSame = (row: sql.MappingRow | undefined, wanted: sql.TagInput): boolean =>
  row !== undefined &&
  row.meter_id === wanted.meterId &&
  row.point === wanted.point &&
  row.power_of_ten === wanted.powerOfTen;

/** @throws Refusal `not-found`, or `stale-version` when it is not the version that the caller has seen */
async function unchanged(row: sql.MappingRow | undefined, ifMatch: string): Promise<sql.MappingRow> {
  if (!row) throw notFound();
  if (ifMatch === '*' || ifMatch === etagOf(row)) return row;
  throw new Refusal('stale-version', {
    zh: '该映射已被他人修改，请重新读取后再改。',
    en: 'Somebody has changed this mapping; read it again first.',
  });
}

const alreadyMapped = (id: number): Refusal =>
  new Refusal('conflict', { zh: `该标签已有映射（编号 ${id}）。`, en: `This tag is mapped already: mapping ${id}.` });

function mappingOf(row: sql.MappingRow): shapes.Mapping {
  return {
    id: row.id,
    gatewayId: row.gateway_id,
    gatewayCode: row.gateway_code,
    device: row.device,
    tag: row.tag,
    meterId: row.meter_id,
    point: row.point === null ? null : (quantityById(row.point)?.code ?? null),
    powerOfTen: row.power_of_ten,
    meterCode: row.meter_code,
    updatedAt: shanghaiText(row.updated_at),
  };
}
