import { randomBytes } from 'node:crypto';
import { enrolmentFingerprint, shanghaiText } from '@ganzhi/schemas';
import { type Tx, withTx } from '@ganzhi/schemas/db';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { sessionOf } from '../../auth/guard.ts';
import type { ApiModule } from '../../context.ts';
import { notFound, Refusal, wrongField } from '../../errors/refuse.ts';
import { audit } from '../../lib/audit.ts';
import { NoQuery, problems } from '../../lib/shapes.ts';
import { instantOrNull } from '../../lib/time.ts';
import {
  ApproveEnrolment,
  EnrolmentItem,
  EnrolmentPage,
  EnrolmentParams,
  GatewayParams,
  ListEnrolments,
  RefuseEnrolment,
  RevokeCredential,
} from './schema.ts';
import {
  decideEnrolment,
  type EnrolmentRow,
  findEnrolment,
  findGateway,
  insertGateway,
  institutionExists,
  listEnrolments,
  revokeCredentials,
} from './sql.ts';

const tags = ['gateway-care'];
const read = { auth: 'user', permission: 'fleet.manage' } as const;

export const gatewayEnrolments: ApiModule = {
  name: 'gateway-enrolments',
  routes: (api, { db, clock }) => {
    api.route({
      method: 'GET',
      url: '/gateway-enrolments',
      config: read,
      schema: {
        tags,
        operationId: 'listGatewayEnrolments',
        summary: 'Gateways that asked to be let in · 网关接入申请',
        querystring: ListEnrolments,
        response: { 200: EnrolmentPage, ...problems(400, 401, 403) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await listEnrolments(db, query);
        return { items: rows.map(itemOf), nextCursor };
      },
    });

    api.route({
      method: 'POST',
      url: '/gateway-enrolments/:id/approval',
      config: read,
      schema: {
        tags,
        operationId: 'approveGatewayEnrolment',
        summary: 'Let a gateway in, under a code of an institution · 批准网关接入',
        params: EnrolmentParams,
        querystring: NoQuery,
        body: ApproveEnrolment,
        response: { 200: EnrolmentItem, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request) => {
        const { params, body } = request;
        return withTx(db, async (tx) => {
          const before = await pending(tx, params.id);
          if (body.fingerprint.toUpperCase() !== enrolmentFingerprint(before.secret_sha256)) {
            throw wrongField('fingerprint', {
              zh: '指纹与该设备不符，请核对设备上显示的指纹。',
              en: 'This is not the fingerprint of the device; compare with what it shows.',
            });
          }
          const gatewayId = await gatewayFor(tx, body);
          const decision = { state: 'approved', gatewayId, ...decider(request, clock()), reason: null } as const;
          return decide(tx, request, before, decision);
        });
      },
    });

    api.route({
      method: 'POST',
      url: '/gateway-enrolments/:id/refusal',
      config: read,
      schema: {
        tags,
        operationId: 'refuseGatewayEnrolment',
        summary: 'Refuse a gateway · 拒绝网关接入',
        params: EnrolmentParams,
        querystring: NoQuery,
        body: RefuseEnrolment,
        response: { 200: EnrolmentItem, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request) =>
        withTx(db, async (tx) => {
          const before = await pending(tx, request.params.id);
          const { reason } = request.body;
          const decision = { state: 'refused', gatewayId: null, ...decider(request, clock()), reason } as const;
          return decide(tx, request, before, decision);
        }),
    });

    api.route({
      method: 'POST',
      url: '/gateways/:code/revocation',
      config: read,
      schema: {
        tags,
        operationId: 'revokeGatewayCredential',
        summary: 'Void every credential of a gateway; its connection is cut at once · 吊销网关凭据',
        params: GatewayParams,
        querystring: NoQuery,
        body: RevokeCredential,
        response: { 204: z.null(), ...problems(400, 401, 403, 404) },
      },
      handler: async (request, reply) => {
        await withTx(db, async (tx) => {
          const gateway = await findGateway(tx, request.params.code);
          if (!gateway) throw notFound();
          await revokeCredentials(tx, gateway.id, clock(), randomBytes(32));
          await audit(tx, {
            actor: sessionOf(request).user.login,
            action: 'gateway.revoke',
            target: request.params.code,
            after: request.body,
            address: request.ip,
          });
        });
        return reply.code(204).send(null);
      },
    });
  },
};

const decider = (request: FastifyRequest, at: number) => ({ by: sessionOf(request).user.login, at });

async function pending(tx: Tx, id: string): Promise<EnrolmentRow> {
  const row = await findEnrolment(tx, id, true);
  if (!row) throw notFound();
  if (row.state !== 'pending') {
    throw new Refusal('conflict', {
      zh: `该申请已由 ${row.decided_by ?? ''} 处理。`,
      en: `${row.decided_by ?? ''} has already decided on this.`,
    });
  }
  return row;
}

/** The registered gateway with this code, or a new one of the institution. */
async function gatewayFor(tx: Tx, body: z.infer<typeof ApproveEnrolment>): Promise<number> {
  const { gatewayCode: code, institutionId, nameZh = '网关', nameEn = 'Gateway' } = body;
  const known = await findGateway(tx, code);
  if (known) {
    if (known.institution_id === institutionId) return known.id;
    throw wrongField('gatewayCode', {
      zh: '此网关编号属于其他机构。',
      en: 'The gateway of this code belongs to another institution.',
    });
  }
  if (!(await institutionExists(tx, institutionId))) {
    throw wrongField('institutionId', { zh: '没有此机构。', en: 'There is no such institution.' });
  }
  return insertGateway(tx, { code, institutionId, nameZh, nameEn, tokenSha256: randomBytes(32) });
}

async function decide(
  tx: Tx,
  request: FastifyRequest,
  before: EnrolmentRow,
  decision: Parameters<typeof decideEnrolment>[2],
) {
  await decideEnrolment(tx, before.id, decision);
  const after = await findEnrolment(tx, before.id);
  if (!after) throw notFound();
  await audit(tx, {
    actor: decision.by,
    action: `gateway-enrolment.${decision.state === 'approved' ? 'approve' : 'refuse'}`,
    target: before.serial,
    before: { state: before.state, address: before.address },
    after: { state: after.state, gateway: after.gateway, reason: after.reason },
    address: request.ip,
  });
  return itemOf(after);
}

const itemOf = (row: EnrolmentRow): z.infer<typeof EnrolmentItem> => ({
  id: row.id,
  serial: row.serial,
  model: row.model,
  firmware: row.firmware,
  fingerprint: enrolmentFingerprint(row.secret_sha256),
  sameSerial: row.same_serial,
  address: row.address,
  announcedAt: shanghaiText(row.announced_at),
  lastSeenAt: shanghaiText(row.last_seen_at),
  state: row.state,
  gatewayCode: row.gateway,
  decidedBy: row.decided_by,
  decidedAt: instantOrNull(row.decided_at),
  reason: row.reason,
});
