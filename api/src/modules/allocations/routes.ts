import { addDays, rational } from '@ganzhi/analytics/rules';
import { BOOKED_COUNTER, dateText } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import type { ApiModule } from '../../context.ts';
import { notFound, wrongField } from '../../errors/refuse.ts';
import { checkedDays } from '../../lib/day.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { WriteHeaders, write } from '../../lib/write.ts';
import { checkRule } from './rules.ts';
import { Allocation, AllocationQuery, NewRule, Rules } from './schema.ts';
import * as sql from './sql.ts';

const tags = ['allocations'];
const config = { auth: 'user' } as const;

export const allocations: ApiModule = {
  name: 'allocations',
  routes: (api, context) => {
    const { db, clock } = context;

    api.route({
      method: 'GET',
      url: '/meters/:id/allocation-rules',
      config,
      schema: {
        tags,
        operationId: 'listAllocationRules',
        summary: 'How a shared meter is split, by date · 分摊规则',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: Rules, ...problems(400, 401, 404) },
      },
      handler: async ({ params: { id } }) => {
        if (!(await sql.sharedMeter(db, id))) throw notFound();
        return { items: await sql.rulesOf(db, id) };
      },
    });

    api.route({
      method: 'POST',
      url: '/meters/:id/allocation-rules',
      config,
      schema: {
        tags,
        operationId: 'createAllocationRule',
        summary: 'Record a rule from a day on · 录入分摊规则',
        headers: WriteHeaders,
        params: IdParams,
        querystring: NoQuery,
        body: NewRule,
        response: { 201: Rules, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const answer = await write(context, request, 'allocation-rule.create', async (tx, actor, now) => {
          const { id } = request.params;
          const meter = await sql.sharedMeter(tx, id);
          if (!meter) throw notFound();
          if (meter.role !== 'main') {
            throw wrongField('id', {
              zh: '只有计入机构合计的总表才能分摊。',
              en: 'Only a main meter, which adds up to an institution, can be shared out.',
            });
          }
          checkRule(request.body);
          await checkParties(tx, meter.medium, request.body);
          const before = await sql.rulesOf(tx, id);
          await sql.insertRule(tx, id, request.body, actor, now);
          return { answer: { items: await sql.rulesOf(tx, id) }, target: `meter/${id}/allocation`, before };
        });
        return reply.code(201).send(answer);
      },
    });

    api.route({
      method: 'GET',
      url: '/meters/:id/allocation',
      config,
      schema: {
        tags,
        operationId: 'getAllocation',
        summary: 'What each institution got of a shared meter · 分摊结果',
        params: IdParams,
        querystring: AllocationQuery,
        response: { 200: Allocation, ...problems(400, 401, 404) },
      },
      handler: async ({ params: { id }, query }) => {
        const to = query.to ?? addDays(dateText(clock()), 1);
        const days = checkedDays({ from: query.from ?? addDays(to, -30), to });
        const meter = await sql.sharedMeter(db, id);
        if (!meter) throw notFound();
        const rows = await sql.allocated(db, id, days, query.knownOn);
        const total = rational.sum(rows.map(({ energy }) => rational.decimal(energy)));
        return {
          unit: BOOKED_COUNTER[meter.medium].unit,
          ...days,
          total: rational.toNumber(total),
          unallocated: Number(rows.find((row) => row.unallocated)?.energy ?? 0),
          items: rows.flatMap((row) =>
            row.unallocated ? [] : [{ institutionId: row.institutionId, energy: Number(row.energy) }],
          ),
        };
      },
    });
  },
};

/** @throws Refusal `invalid-request` naming who is not there, or measures something else */
async function checkParties(tx: Tx, medium: string, { shares }: sql.NewRow): Promise<void> {
  const meters = shares.flatMap(({ basisMeterId }) => basisMeterId ?? []);
  const unknown = [
    ...(await sql.unknownIds(
      tx,
      'institution',
      shares.map(({ institutionId }) => institutionId),
    )),
    ...(await sql.unknownIds(tx, 'meter', meters)),
  ];
  if (unknown.length > 0) {
    throw wrongField('shares', {
      zh: `没有以下编号的机构或表计：${unknown.join('、')}。`,
      en: `No institution or meter has these ids: ${unknown.join(', ')}.`,
    });
  }
  const foreign = await sql.foreignMeters(tx, medium, meters);
  if (foreign.length === 0) return;
  throw wrongField('shares', {
    zh: `以下表计的能源种类不同，不能作为分摊依据：${foreign.join('、')}。`,
    en: `These meters measure another medium and cannot be a basis: ${foreign.join(', ')}.`,
  });
}
