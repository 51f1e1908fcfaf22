import { VEE_RULES } from '@ganzhi/analytics/rules';
import { DAY, shanghaiText } from '@ganzhi/schemas';
import type { ApiModule } from '../../context.ts';
import { notFound, wrongField } from '../../errors/refuse.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { instantOrNull, minuteStart } from '../../lib/time.ts';
import { assertWholeCity, WriteHeaders, write } from '../../lib/write.ts';
import { dryRun } from './dry-run.ts';
import { checkedParameter } from './rules.ts';
import * as shapes from './schema.ts';
import * as sql from './sql.ts';

const tags = ['vee'];
const config = { auth: 'user' } as const;
const USUAL_SPAN_MS = 7 * DAY;

const thresholdOf = ({ recordedAt, ...row }: sql.ThresholdRow) => ({ ...row, recordedAt: shanghaiText(recordedAt) });
const checkMeterOf = ({ from, to, recordedAt, ...row }: sql.CheckMeterRow) => ({
  ...row,
  from: shanghaiText(from),
  to: instantOrNull(to),
  recordedAt: shanghaiText(recordedAt),
});

/** Validation rules V1 to V12: their dated thresholds, what they would have flagged, and meters that check one another. */
export const vee: ApiModule = {
  name: 'vee',
  routes: (api, context) => {
    const { db, clock } = context;

    api.route({
      method: 'GET',
      url: '/vee-rules',
      config,
      schema: {
        tags,
        operationId: 'listVeeRules',
        summary: 'Validation rules and the names of their thresholds · 数据校验规则',
        querystring: NoQuery,
        response: { 200: shapes.VeeRules, ...problems(400, 401) },
      },
      handler: async () => ({ items: VEE_RULES.map((rule) => ({ ...rule, parameters: [...rule.parameters] })) }),
    });

    api.route({
      method: 'GET',
      url: '/vee-thresholds',
      config,
      schema: {
        tags,
        operationId: 'listVeeThresholds',
        summary: 'Dated thresholds of the validation rules, with author and reason · 校验阈值',
        querystring: shapes.ListThresholds,
        response: { 200: shapes.ThresholdPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { rows, nextCursor } = await sql.listThresholds(db, query);
        return { items: rows.map(thresholdOf), nextCursor };
      },
    });

    api.route({
      method: 'POST',
      url: '/vee-thresholds',
      config: { ...config, permission: 'data.review' },
      schema: {
        tags,
        operationId: 'createVeeThreshold',
        summary: 'Record a threshold from a day on; V2 and V4 recompute what depends on it · 录入校验阈值',
        headers: WriteHeaders,
        querystring: NoQuery,
        body: shapes.NewThreshold,
        response: { 201: shapes.Threshold, ...problems(400, 401, 403, 409) },
      },
      handler: async (request, reply) => {
        const { body } = request;
        const answer = await write(context, request, 'vee-threshold.create', async (tx, actor, now) => {
          await assertWholeCity(tx);
          const parameter = checkedParameter(body.rule, body.parameter, body.value);
          const row = await sql.insertThreshold(tx, { ...body, parameter }, actor, now);
          if (!row) throw notFound();
          if (body.rule === 'V2' || body.rule === 'V4') await sql.markFrom(tx, body);
          return { answer: thresholdOf(row), target: `vee-threshold/${row.id}` };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'GET',
      url: '/vee-dry-run',
      config,
      schema: {
        tags,
        operationId: 'dryRunVeeRule',
        summary:
          'What a rule flags in the past, with the thresholds in force and with another; writes nothing · 规则试算',
        querystring: shapes.DryRunQuery,
        response: { 200: shapes.DryRun, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { to = minuteStart(clock()), from = to - USUAL_SPAN_MS, ...rest } = query;
        return dryRun(db, { ...rest, from, to });
      },
    });

    api.route({
      method: 'GET',
      url: '/meters/:id/check-meters',
      config,
      schema: {
        tags,
        operationId: 'listCheckMeters',
        summary: 'Meters on the same flow, that estimates go by first · 考核表',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: shapes.CheckMeters, ...problems(400, 401, 404) },
      },
      handler: async ({ params: { id } }) => {
        if ((await sql.mediumOf(db, id)) === undefined) throw notFound();
        return { items: (await sql.listCheckMeters(db, id)).map(checkMeterOf) };
      },
    });

    api.route({
      method: 'POST',
      url: '/meters/:id/check-meters',
      config,
      schema: {
        tags,
        operationId: 'createCheckMeter',
        summary: 'Record a meter on the same flow · 登记考核表',
        headers: WriteHeaders,
        params: IdParams,
        querystring: NoQuery,
        body: shapes.NewCheckMeter,
        response: { 201: shapes.CheckMeter, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const { id } = request.params;
        const answer = await write(context, request, 'check-meter.create', async (tx, actor, now) => {
          const medium = await sql.mediumOf(tx, id);
          if (medium === undefined) throw notFound();
          const other = request.body.checkMeterId;
          if (other === id || (await sql.mediumOf(tx, other)) !== medium) {
            throw wrongField('checkMeterId', {
              zh: '考核表须为同一介质的另一块在册表计。',
              en: 'A check meter is another registered meter of the same medium.',
            });
          }
          const row = await sql.insertCheckMeter(tx, id, request.body, actor, now);
          if (!row) throw notFound();
          return { answer: checkMeterOf(row), target: `meter/${id}/check-meter/${row.id}` };
        });
        return reply.code(201).send(answer);
      },
    });
  },
};
