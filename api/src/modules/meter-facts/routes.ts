import type { ApiModule } from '../../context.ts';
import { notFound } from '../../errors/refuse.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { WriteHeaders, write } from '../../lib/write.ts';
import { recordMeterFact } from './record.ts';
import { factsAnswer } from './rules.ts';
import { MeterFacts, NewMeterFact } from './schema.ts';
import { factsOf, placedMeter } from './sql.ts';

const tags = ['meter-facts'];
const config = { auth: 'user' } as const;

/** Role, parent and direction of meters by date. */
export const meterFacts: ApiModule = {
  name: 'meter-facts',
  routes: (api, context) => {
    api.route({
      method: 'GET',
      url: '/meters/:id/facts',
      config,
      schema: {
        tags,
        operationId: 'listMeterFacts',
        summary: 'Role, parent and direction of a meter by date · 表计角色与上级沿革',
        params: IdParams,
        querystring: NoQuery,
        response: { 200: MeterFacts, ...problems(400, 401, 404) },
      },
      handler: async ({ params: { id } }) => {
        const meter = await placedMeter(context.db, id);
        if (!meter) throw notFound();
        return factsAnswer(meter, await factsOf(context.db, id));
      },
    });

    api.route({
      method: 'POST',
      url: '/meters/:id/facts',
      config,
      schema: {
        tags,
        operationId: 'createMeterFact',
        summary: 'Record role, parent or direction from a day on; totals of the past follow · 变更表计角色、上级或方向',
        headers: WriteHeaders,
        params: IdParams,
        querystring: NoQuery,
        body: NewMeterFact,
        response: { 201: MeterFacts, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const answer = await write(context, request, 'meter-fact.create', async (tx, actor, now) => {
          const { id } = request.params;
          const meter = await placedMeter(tx, id);
          if (!meter) throw notFound();
          const before = factsAnswer(meter, await factsOf(tx, id));
          await recordMeterFact(tx, id, request.body, actor, now);
          return { answer: factsAnswer(meter, await factsOf(tx, id)), target: `meter/${id}/fact`, before };
        });
        return reply.code(201).send(answer);
      },
    });
  },
};
