import { GATEWAY_CODE, shanghaiText } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import { z } from 'zod';
import type { ApiModule } from '../../context.ts';
import { notFound, Refusal } from '../../errors/refuse.ts';
import { Instant, NoQuery, problems, text } from '../../lib/shapes.ts';
import { IfMatch, stale, wantedVersion } from '../../lib/version.ts';
import { WriteHeaders, write } from '../../lib/write.ts';
import {
  GATEWAY_DIALECTS,
  gatewayRecord,
  insertGateways,
  lockedGateways,
  metersOfGateway,
  retireGateway,
  type StoredGateway,
  updateGateways,
} from './record.ts';
import { GatewayParams } from './schema.ts';

const Name = text(200).refine((name) => name.trim() !== '', '不能为空 · must not be blank');
const fields = {
  institutionCode: text(64).min(1),
  nameZh: Name,
  nameEn: Name,
  /** native: our own protocol. */
  dialect: z.enum(GATEWAY_DIALECTS),
};
const NewGateway = z
  .strictObject({ code: z.string().regex(GATEWAY_CODE), ...fields, dialect: fields.dialect.default('native') })
  .meta({ id: 'NewGateway' });
const GatewayPatch = z
  .strictObject(fields)
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, '请至少填写一项 · name one field at least')
  .meta({ id: 'GatewayPatch' });
const RetireGateway = z.strictObject({ reason: text(500).min(1) });
const GatewayRegistration = z
  .object({
    code: z.string(),
    /** For If-Match. */
    version: z.int(),
    ...fields,
    retired: z.object({ at: Instant, reason: z.string() }).nullable(),
  })
  .meta({ id: 'GatewayRegistration' });

const tags = ['gateways'];
const config = { auth: 'user', permission: 'fleet.manage' } as const;

/** The registry's part of a gateway. Credentials come by enrolment, configuration and commands by their own routes. */
export const writeRoutes: ApiModule['routes'] = (api, context) => {
  api.route({
    method: 'GET',
    url: '/gateways/:code/registration',
    config,
    schema: {
      tags,
      operationId: 'getGatewayRegistration',
      summary: 'A gateway as it is registered, for editing · 网关登记信息',
      params: GatewayParams,
      querystring: NoQuery,
      response: { 200: GatewayRegistration, ...problems(400, 401, 403, 404) },
    },
    handler: async ({ params }, reply) => {
      const stored = await gatewayRecord(context.db, params.code);
      if (!stored) throw notFound();
      reply.header('etag', `"${stored.version}"`);
      return answerOf(stored);
    },
  });

  api.route({
    method: 'POST',
    url: '/gateways',
    config,
    schema: {
      tags,
      operationId: 'createGateway',
      summary: 'Register a gateway; it comes in by an enrolment · 登记网关',
      headers: WriteHeaders,
      querystring: NoQuery,
      body: NewGateway,
      response: { 201: GatewayRegistration, ...problems(400, 401, 403, 404, 409) },
    },
    handler: async (request, reply) => {
      const answer = await write(context, request, 'gateway.create', async (tx) => {
        const { body } = request;
        await assertInstitution(tx, body.institutionCode);
        if ((await lockedGateways(tx, [body.code])).size > 0) throw taken(body.code);
        await insertGateways(tx, [body]);
        return { answer: await registered(tx, body.code), target: `gateway/${body.code}` };
      });
      return reply.code(201).send(answer);
    },
  });

  api.route({
    method: 'PATCH',
    url: '/gateways/:code',
    config,
    schema: {
      tags,
      operationId: 'updateGateway',
      summary: 'Change what is registered of a gateway; needs If-Match · 修改网关',
      headers: IfMatch,
      params: GatewayParams,
      querystring: NoQuery,
      body: GatewayPatch,
      response: { 200: GatewayRegistration, ...problems(400, 401, 403, 404, 409, 412) },
    },
    handler: async (request) => {
      const version = wantedVersion(request.headers['if-match']);
      return write(context, request, 'gateway.update', async (tx) => {
        const before = await living(tx, request.params.code, version);
        const { institutionCode = before.institutionCode } = request.body;
        if (institutionCode !== before.institutionCode) await assertInstitution(tx, institutionCode);
        const { nameZh = before.nameZh, nameEn = before.nameEn, dialect = before.dialect } = request.body;
        await updateGateways(tx, [{ ...before, institutionCode, nameZh, nameEn, dialect }]);
        const answer = await registered(tx, before.code);
        return { answer, target: `gateway/${before.code}`, before: answerOf(before) };
      });
    },
  });

  api.route({
    method: 'POST',
    url: '/gateways/:code/retirement',
    config,
    schema: {
      tags,
      operationId: 'retireGateway',
      summary: 'Let a gateway in no more; needs If-Match · 停用网关',
      headers: IfMatch,
      params: GatewayParams,
      querystring: NoQuery,
      body: RetireGateway,
      response: { 200: GatewayRegistration, ...problems(400, 401, 403, 404, 409, 412) },
    },
    handler: async (request) => {
      const version = wantedVersion(request.headers['if-match']);
      return write(context, request, 'gateway.retire', async (tx, _actor, now) => {
        const before = await living(tx, request.params.code, version);
        const meters = await metersOfGateway(tx, before.id);
        if (meters.length > 0) throw hasMeters(meters);
        await retireGateway(tx, before.id, now, request.body.reason);
        const answer = await registered(tx, before.code);
        return { answer, target: `gateway/${before.code}`, before: answerOf(before) };
      });
    },
  });
};

const answerOf = (stored: StoredGateway): z.infer<typeof GatewayRegistration> => ({
  code: stored.code,
  version: stored.version,
  institutionCode: stored.institutionCode,
  nameZh: stored.nameZh,
  nameEn: stored.nameEn,
  dialect: stored.dialect,
  retired:
    stored.retiredAt === null ? null : { at: shanghaiText(stored.retiredAt), reason: stored.retiredReason ?? '' },
});

async function registered(tx: Tx, code: string): Promise<z.infer<typeof GatewayRegistration>> {
  const stored = await gatewayRecord(tx, code);
  if (!stored) throw notFound();
  return answerOf(stored);
}

/** @throws Refusal `not-found`, `stale-version`, or `conflict` for one that is retired */
async function living(tx: Tx, code: string, version: number): Promise<StoredGateway> {
  const stored = (await lockedGateways(tx, [code])).get(code);
  if (!stored) throw notFound();
  if (stored.version !== version) throw stale();
  if (stored.retiredAt === null) return stored;
  throw new Refusal('conflict', {
    zh: '该网关已停用，不能再修改。',
    en: 'The gateway is retired and changes no more.',
  });
}

/** @throws Refusal `not-found`: an institution that the caller must not know of is not there */
async function assertInstitution(tx: Tx, code: string): Promise<void> {
  const { rowCount } = await tx.query('select from registry.institution where code = $1', [code]);
  if (rowCount === 0) throw notFound();
}

const taken = (code: string): Refusal =>
  new Refusal(
    'conflict',
    { zh: `网关编号 ${code} 已被使用，请换一个编号。`, en: `The code ${code} is taken; choose another.` },
    { fields: [{ path: 'code', code: 'taken', message: code }] },
  );

const hasMeters = (codes: readonly string[]): Refusal =>
  new Refusal('conflict', {
    zh: `该网关下仍有表计 ${codes.join('、')}，请先停用或改挂到其他网关。`,
    en: `Meters are still read by it (${codes.join(', ')}); retire them or move them to another gateway first.`,
  });
