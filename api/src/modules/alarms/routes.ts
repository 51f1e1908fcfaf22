import { FINDING_KINDS, KIND_WORDS, severityOf } from '@ganzhi/analytics/rules';
import type { Db, Tx } from '@ganzhi/schemas/db';
import type { FastifyRequest } from 'fastify';
import { sessionOf } from '../../auth/guard.ts';
import type { ApiModule, Context } from '../../context.ts';
import { markActed } from '../../engines/notification/sql.ts';
import { notFound, Refusal, wrongField } from '../../errors/refuse.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { IfMatch, stale, wantedVersion } from '../../lib/version.ts';
import { assertWholeCity, WriteHeaders, write } from '../../lib/write.ts';
import { handlersAt } from './people.ts';
import { assertMay, detailOf, subjectOf, summaryOf } from './rules.ts';
import * as shapes from './schema.ts';
import * as sql from './sql.ts';
import * as thresholds from './thresholds.ts';

const tags = ['alarms'];
const config = { auth: 'user' } as const;
const handled = { auth: 'user', permission: 'alarms.handle' } as const;

/** What the detectors found and what people did about it: the data open an alarm, and only the data close it. */
export const alarms: ApiModule = {
  name: 'alarms',
  routes: (api, context) => {
    const { db } = context;

    api.route({
      method: 'GET',
      url: '/alarms',
      config,
      schema: {
        tags,
        operationId: 'listAlarms',
        summary: 'Alarms, those that began last first · 告警',
        querystring: shapes.ListAlarms,
        response: { 200: shapes.AlarmPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await sql.listAlarms(db, query, query);
        return { items: rows.map(summaryOf), nextCursor };
      },
    });

    api.route({
      method: 'GET',
      url: '/alarms/:id',
      config,
      schema: {
        tags,
        operationId: 'getAlarm',
        summary: 'One alarm with its evidence, meters, estimate and history · 告警详情',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: shapes.AlarmDetail, ...problems(400, 401, 404) },
      },
      handler: async ({ params }, reply) => {
        const row = await existing(db, params.id);
        reply.header('etag', `"${row.version}"`);
        return detail(db, row);
      },
    });

    api.route({
      method: 'POST',
      url: '/alarms/:id/acknowledgement',
      config: handled,
      schema: {
        tags,
        operationId: 'acknowledgeAlarm',
        summary: 'Say that somebody has seen to it; needs If-Match · 确认知悉',
        headers: IfMatch,
        params: IdParams,
        querystring: NoQuery,
        body: shapes.Acknowledge,
        response: { 200: shapes.AlarmDetail, ...problems(400, 401, 403, 404, 409, 412) },
      },
      handler: (request) =>
        change(context, request, 'acknowledge', (tx, row, actor, now) =>
          sql.moveAlarm(
            tx,
            Number(row.id),
            { state: 'acknowledged' },
            { actor, action: 'acknowledged', note: request.body.note, now },
          ),
        ),
    });

    api.route({
      method: 'POST',
      url: '/alarms/:id/assignment',
      config: handled,
      schema: {
        tags,
        operationId: 'assignAlarm',
        summary: 'Give it to somebody who may handle alarms there; needs If-Match · 派单',
        headers: IfMatch,
        params: IdParams,
        querystring: NoQuery,
        body: shapes.Assign,
        response: { 200: shapes.AlarmDetail, ...problems(400, 401, 403, 404, 409, 412) },
      },
      handler: (request) =>
        change(context, request, 'assign', async (tx, row, actor, now) => {
          const { assignee, note } = request.body;
          const place = { institutionId: row.institution_id, divisionCode: row.division_code };
          const person = (await handlersAt(tx, place, now)).find(({ login }) => login === assignee);
          if (!person) {
            throw wrongField('assignee', {
              zh: '此人无权处理该单位的告警，请另选。',
              en: 'This person may not handle alarms there; name another.',
            });
          }
          await sql.moveAlarm(
            tx,
            Number(row.id),
            { state: 'assigned', assignedTo: person.id },
            { actor, action: 'assigned', note: note === '' ? assignee : `${assignee}: ${note}`, now },
          );
        }),
    });

    api.route({
      method: 'POST',
      url: '/alarms/:id/resolution',
      config: handled,
      schema: {
        tags,
        operationId: 'resolveAlarm',
        summary: 'Say what was done; the data confirm it, or open it again; needs If-Match · 报告已处理',
        headers: IfMatch,
        params: IdParams,
        querystring: NoQuery,
        body: shapes.Resolve,
        response: { 200: shapes.AlarmDetail, ...problems(400, 401, 403, 404, 409, 412) },
      },
      handler: (request) =>
        change(context, request, 'resolve', (tx, row, actor, now) =>
          sql.moveAlarm(
            tx,
            Number(row.id),
            { state: 'resolved' },
            { actor, action: 'resolved', note: request.body.note, now },
          ),
        ),
    });

    api.route({
      method: 'GET',
      url: '/alarm-kinds',
      config,
      schema: {
        tags,
        operationId: 'listAlarmKinds',
        summary: 'Kinds of alarms in words, and what to do first · 告警类型',
        querystring: NoQuery,
        response: { 200: shapes.AlarmKinds, ...problems(400, 401) },
      },
      handler: async () => ({
        items: FINDING_KINDS.map((kind) => {
          const { zh, en, doZh, doEn } = KIND_WORDS[kind];
          return { kind, severity: severityOf(kind), name: { zh, en }, advice: { zh: doZh, en: doEn } };
        }),
      }),
    });

    api.route({
      method: 'GET',
      url: '/alarm-thresholds',
      config,
      schema: {
        tags,
        operationId: 'listAlarmThresholds',
        summary: 'Thresholds of the detectors: limits, defaults and dated values · 告警阈值',
        querystring: shapes.ListAlarmThresholds,
        response: { 200: shapes.AlarmThresholds, ...problems(400, 401) },
      },
      handler: async ({ query }) => ({
        parameters: thresholds.parameters(),
        ...(await thresholds.listThresholds(db, query)),
      }),
    });

    api.route({
      method: 'POST',
      url: '/alarm-thresholds',
      config: handled,
      schema: {
        tags,
        operationId: 'createAlarmThreshold',
        summary: 'A threshold from a day on, for one type of institution or all · 新增告警阈值',
        headers: WriteHeaders,
        querystring: NoQuery,
        body: shapes.NewAlarmThreshold,
        response: { 201: shapes.AlarmThreshold, ...problems(400, 401, 403, 409) },
      },
      handler: async (request, reply) => {
        const { body } = request;
        const answer = await write(context, request, 'alarm-threshold.create', async (tx, actor, now) => {
          await assertWholeCity(tx);
          const unit = thresholds.unitOfPlausible(body);
          if (body.typeCode !== null && !(await thresholds.typeExists(tx, body.typeCode))) {
            throw wrongField('typeCode', { zh: '没有此机构类型。', en: 'No type of institution has this code.' });
          }
          const made = await thresholds.insertThreshold(tx, { ...body, unit }, actor, now);
          return { answer: made, target: `alarm-threshold/${body.detector}.${body.name}` };
        });
        return reply.code(201).send(answer);
      },
    });
  },
};

/** @throws Refusal `not-found`, also for what lies outside the caller's scope */
async function existing(db: Db | Tx, id: number, lock = false): Promise<sql.AlarmDetailRow> {
  const row = await sql.findAlarm(db, id, lock);
  if (!row) throw notFound();
  return row;
}

async function detail(db: Db | Tx, row: sql.AlarmDetailRow) {
  const id = Number(row.id);
  return detailOf(row, {
    members: await sql.membersOf(db, id),
    history: await sql.historyOf(db, id),
    told: await sql.toldOf(db, id),
  });
}

/** One step of a person: locked, done, in the history of the alarm and in the trail. */
function change(
  context: Context,
  request: FastifyRequest<{ Params: { id: number } }>,
  action: 'acknowledge' | 'assign' | 'resolve',
  work: (tx: Tx, row: sql.AlarmDetailRow, actor: string, now: number) => Promise<void>,
) {
  const version = wantedVersion(request.headers['if-match']);
  return write(context, request, `alarm.${action}`, async (tx, actor, now) => {
    const before = await existing(tx, request.params.id, true);
    if (before.version !== version) throw stale();
    assertMay(action, before.state);
    if (before.institution_id === null && !(await sql.holdsDivision(tx, before.division_code))) {
      throw new Refusal('forbidden', {
        zh: '此告警跨多个单位，由所在区划的管理员处理。',
        en: 'It strikes many institutions; who holds the division handles it.',
      });
    }
    await work(tx, before, actor, now);
    await markActed(tx, sessionOf(request).user.id, subjectOf(before.id), now);
    const after = await existing(tx, request.params.id);
    return {
      answer: await detail(tx, after),
      target: subjectOf(before.id),
      before: { state: before.state, assignedTo: before.assigned_to },
      after: { state: after.state, assignedTo: after.assigned_to },
    };
  });
}
