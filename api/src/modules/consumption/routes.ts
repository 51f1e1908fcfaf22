import { shanghaiText } from '@ganzhi/schemas';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { isLimited } from '../../auth/data-window.ts';
import type { ApiModule } from '../../context.ts';
import { notFound } from '../../errors/refuse.ts';
import { energyNumber } from '../../lib/energy.ts';
import { IdParams, problems } from '../../lib/shapes.ts';
import { institutionExists } from '../reference/sql.ts';
import { consumptionAnswer, readFigures, wantedSpan } from './read.ts';
import { Consumption, ConsumptionQuery, MeterConsumption, MeterConsumptionQuery } from './schema.ts';
import { mainMeters, oneMeter } from './sql.ts';

const tags = ['consumption'];
const config = {
  auth: 'user',
  data: (request: FastifyRequest, now: number) => {
    const { start, end } = wantedSpan(request.query as z.infer<typeof MeterConsumptionQuery>, now);
    return { fromMs: start, toMs: end };
  },
} as const;

export const consumption: ApiModule = {
  name: 'consumption',
  routes: (api, { db, clock }) => {
    api.route({
      method: 'GET',
      url: '/institutions/:id/consumption',
      config,
      schema: {
        tags,
        operationId: 'getInstitutionConsumption',
        summary: 'Consumption of an institution by hour, day or month · 机构用能',
        params: IdParams,
        querystring: ConsumptionQuery,
        response: { 200: Consumption, ...problems(400, 401, 404) },
      },
      handler: async ({ params, query }) => {
        const { grain, medium } = query;
        const span = wantedSpan(query, clock());
        const meters = await mainMeters(db, params.id, medium, span, query.knownOn);
        if (meters.length === 0 && !(await institutionExists(db, params.id))) throw notFound();
        const figures = await readFigures(db, meters, grain, span, query.knownOn ?? clock(), query.knownOn);
        return consumptionAnswer(figures, { grain, span, medium });
      },
    });

    api.route({
      method: 'GET',
      url: '/meters/:id/consumption',
      config,
      schema: {
        tags,
        operationId: 'getMeterConsumption',
        summary: 'Consumption of one meter, with its spans of unknown hours · 表计用能',
        params: IdParams,
        querystring: MeterConsumptionQuery,
        response: { 200: MeterConsumption, ...problems(400, 401, 404) },
      },
      handler: async (request) => {
        const { params, query } = request;
        const { grain } = query;
        const span = wantedSpan(query, clock());
        const meter = await oneMeter(db, params.id, span);
        if (!meter) throw notFound();
        const figures = await readFigures(db, [meter], grain, span, query.knownOn ?? clock(), query.knownOn);
        // whoever sees this span only does not see what went on around it
        const seen = isLimited(request)
          ? figures.spans.filter(({ from, to }) => from >= span.start && to <= span.end)
          : figures.spans;
        const spans = seen.map(({ from, to, class: kind, energy, evidence }) => ({
          from: shanghaiText(from),
          to: shanghaiText(to),
          class: kind,
          energy: energyNumber(energy),
          evidence,
        }));
        return { ...consumptionAnswer(figures, { grain, span, medium: meter.medium }), spans };
      },
    });
  },
};
