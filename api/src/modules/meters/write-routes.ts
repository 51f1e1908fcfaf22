import { Connection, shanghaiText, TEMPLATE_CATALOGUE } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import type { ApiModule } from '../../context.ts';
import { notFound, Refusal, wrongField } from '../../errors/refuse.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { IfMatch, stale, wantedVersion } from '../../lib/version.ts';
import { WriteHeaders, write } from '../../lib/write.ts';
import { connectionText, parseConnection } from './connection-text.ts';
import { meterFacts } from './facts.ts';
import { type MeterRecord, meterFaults, orderedQuantities, quantitiesOf } from './record.ts';
import { insertMeters, lockedMeters, meterRecord, retireMeter, type StoredMeter, updateMeters } from './record-sql.ts';
import { MeterPatch, MeterRegistration, NewMeter, RetireMeter } from './write-schema.ts';

const tags = ['meters'];
const config = { auth: 'user' } as const;

/** Meters are entered, changed and retired by whoever may write for their institution. */
export const writeRoutes: ApiModule['routes'] = (api, context) => {
  const { db } = context;

  api.route({
    method: 'GET',
    url: '/meters/:id/registration',
    config,
    schema: {
      tags,
      operationId: 'getMeterRegistration',
      summary: 'A meter as it is registered, for editing · 表计登记信息',
      params: IdParams,
      querystring: NoQuery,
      response: { 200: MeterRegistration, ...problems(400, 401, 403, 404) },
    },
    handler: async ({ params }, reply) => {
      const stored = await meterRecord(db, params.id);
      if (!stored) throw notFound();
      reply.header('etag', `"${stored.version}"`);
      return answerOf(stored);
    },
  });

  api.route({
    method: 'POST',
    url: '/meters',
    config,
    schema: {
      tags,
      operationId: 'createMeter',
      summary: 'Register a meter · 登记表计',
      headers: WriteHeaders,
      querystring: NoQuery,
      body: NewMeter,
      response: { 201: MeterRegistration, ...problems(400, 401, 403, 404, 409) },
    },
    handler: async (request, reply) => {
      const answer = await write(context, request, 'meter.create', async (tx) => {
        const { quantities = TEMPLATE_CATALOGUE[request.body.template]?.quantities ?? [], ...body } = request.body;
        const record = recordOf({ ...body, quantities });
        await assertInstitution(tx, record);
        if ((await lockedMeters(tx, [record.code])).size > 0) throw taken(record.code);
        await assertRight(tx, record, undefined);
        const id = (await insertMeters(tx, [record])).get(record.code);
        return { answer: await registered(tx, id ?? 0), target: `meter/${record.code}` };
      }).catch(takenMeanwhile);
      return reply.code(201).send(answer);
    },
  });

  api.route({
    method: 'PATCH',
    url: '/meters/:id',
    config,
    schema: {
      tags,
      operationId: 'updateMeter',
      summary: 'Change a meter; needs If-Match · 修改表计',
      headers: IfMatch,
      params: IdParams,
      querystring: NoQuery,
      body: MeterPatch,
      response: { 200: MeterRegistration, ...problems(400, 401, 403, 404, 409, 412) },
    },
    handler: async (request) => {
      const version = wantedVersion(request.headers['if-match']);
      return write(context, request, 'meter.update', async (tx) => {
        const before = await living(tx, request.params.id, version);
        const { quantities = quantitiesOf(before.record.quantities), connection, ...patch } = request.body;
        const after: MeterRecord = {
          ...before.record,
          ...given(patch),
          quantities: ordered(quantities),
          connection: connection === undefined ? before.record.connection : connection && connectionText(connection),
        };
        if (after.institutionCode !== before.record.institutionCode) await assertInstitution(tx, after);
        await assertRight(tx, after, before.record);
        await updateMeters(tx, [{ id: before.id, after, changed: changedFields(before.record, after) }]);
        const answer = await registered(tx, before.id);
        return { answer, target: `meter/${after.code}`, before: answerOf(before) };
      });
    },
  });

  api.route({
    method: 'POST',
    url: '/meters/:id/retirement',
    config,
    schema: {
      tags,
      operationId: 'retireMeter',
      summary: 'Take a meter out of use; its history stays; needs If-Match · 停用表计',
      headers: IfMatch,
      params: IdParams,
      querystring: NoQuery,
      body: RetireMeter,
      response: { 200: MeterRegistration, ...problems(400, 401, 403, 404, 409, 412) },
    },
    handler: async (request) => {
      const version = wantedVersion(request.headers['if-match']);
      return write(context, request, 'meter.retire', async (tx, _actor, now) => {
        const before = await living(tx, request.params.id, version);
        const { reason, at = now } = request.body;
        if (at > now)
          throw wrongField('at', { zh: '停用时间不能晚于现在。', en: 'It cannot be retired in the future.' });
        const below = (await meterFacts(tx, [before.record])).children(before.record.code).map(({ code }) => code);
        if (below.length > 0) throw hasChildren(below);
        await retireMeter(tx, before.id, at, reason);
        const answer = await registered(tx, before.id);
        return { answer, target: `meter/${before.record.code}`, before: answerOf(before) };
      });
    },
  });
};

/** Fields in which two records differ. */
export const changedFields = (before: MeterRecord, after: MeterRecord): ReadonlySet<keyof MeterRecord> =>
  new Set((Object.keys(after) as (keyof MeterRecord)[]).filter((field) => before[field] !== after[field]));

const recordOf = ({
  quantities,
  connection,
  ...rest
}: Omit<z.infer<typeof NewMeter>, 'quantities'> & { quantities: readonly string[] }): MeterRecord => ({
  ...rest,
  quantities: ordered(quantities),
  connection: connection && connectionText(connection),
});

/** Without what is not there: absent is "as it is". */
const given = <T extends object>(patch: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

/** @throws Refusal `invalid-request` */
function ordered(codes: readonly string[]): string {
  const text = orderedQuantities(codes);
  if (typeof text !== 'string') throw wrongField('quantities', text);
  return text;
}

function answerOf({ id, version, record, retiredAt, retiredReason }: StoredMeter): z.infer<typeof MeterRegistration> {
  const { connection, quantities, ...rest } = record;
  const parsed = Connection.safeParse(connection === null ? null : parseConnection(connection));
  return {
    id,
    version,
    ...rest,
    quantities: quantitiesOf(quantities),
    connection: parsed.success ? parsed.data : null,
    retired: retiredAt === null ? null : { at: shanghaiText(retiredAt), reason: retiredReason ?? '' },
  };
}

async function registered(tx: Tx, id: number): Promise<z.infer<typeof MeterRegistration>> {
  const stored = await meterRecord(tx, id);
  if (!stored) throw notFound();
  return answerOf(stored);
}

/** @throws Refusal `not-found`, `stale-version`, or `conflict` for one that is retired */
async function living(tx: Tx, id: number, version: number): Promise<StoredMeter> {
  const stored = await meterRecord(tx, id, true);
  if (!stored) throw notFound();
  if (stored.version !== version) throw stale();
  if (stored.retiredAt === null) return stored;
  throw new Refusal('conflict', {
    zh: '该表计已停用，只保留历史，不能再修改。',
    en: 'The meter is retired: its history is kept and it changes no more.',
  });
}

/** @throws Refusal `not-found`: an institution that the caller must not know of is not there */
async function assertInstitution(tx: Tx, { institutionCode }: MeterRecord): Promise<void> {
  const { rowCount } = await tx.query('select from registry.institution where code = $1', [institutionCode]);
  if (rowCount === 0) throw notFound();
}

/** @throws Refusal `invalid-request` naming every field at fault and what to do */
async function assertRight(tx: Tx, after: MeterRecord, before: MeterRecord | undefined): Promise<void> {
  const faults = meterFaults(after, before, await meterFacts(tx, [after]));
  if (faults.length === 0) return;
  throw new Refusal(
    'invalid-request',
    { zh: faults.map(({ zh }) => zh).join(''), en: faults.map(({ en }) => en).join(' ') },
    { fields: faults.map(({ field, zh, en }) => ({ path: field, code: 'invalid', message: `${zh} · ${en}` })) },
  );
}

const taken = (code: string): Refusal =>
  new Refusal(
    'conflict',
    { zh: `表计编号 ${code} 已被使用，请换一个编号。`, en: `The code ${code} is taken; choose another.` },
    { fields: [{ path: 'code', code: 'taken', message: code }] },
  );

/** Somebody entered the same code at the same time, or holds it out of sight. */
function takenMeanwhile(error: unknown): never {
  const { code, constraint } = error as { code?: string; constraint?: string };
  if (code === '23505' && constraint === 'meter_code_key') {
    throw new Refusal('conflict', {
      zh: '该表计编号已被使用，请换一个编号。',
      en: 'This code is taken; choose another.',
    });
  }
  throw error;
}

const hasChildren = (codes: readonly string[]): Refusal =>
  new Refusal('conflict', {
    zh: `下级表计 ${codes.slice(0, 10).join('、')} 仍在用，请先停用或改挂。`,
    en: `Meters below it are in use (${codes.slice(0, 10).join(', ')}); retire or move them first.`,
  });
