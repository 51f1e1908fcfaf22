import { dateText, shanghaiText } from '@ganzhi/schemas';
import type { ApiModule } from '../../context.ts';
import { readReference } from '../../energy/reference.ts';
import { notFound } from '../../errors/refuse.ts';
import { IdParams, problems } from '../../lib/shapes.ts';
import { checkedChoice, closedFigures, computeFigures, wantedDays } from '../indicators/read.ts';
import { explainIndicator, explainRoom } from './explain.ts';
import { ExplainQuery, IndicatorExplanation } from './schema.ts';

/** Why an indicator is what it is. */
export const indicatorExplanations: ApiModule = {
  name: 'indicator-explanations',
  routes: (api, { db, clock }) => {
    api.route({
      method: 'GET',
      url: '/institutions/:id/indicator-explanation',
      config: { auth: 'user' },
      schema: {
        tags: ['indicators'],
        operationId: 'explainIndicator',
        summary: 'An indicator down to formula, factors, area, users, meters, bills and readings · 指标溯源',
        params: IdParams,
        querystring: ExplainQuery,
        response: { 200: IndicatorExplanation, ...problems(400, 401, 404) },
      },
      handler: async ({ params: { id }, query }) => {
        const now = clock();
        const { indicator, from: _, to: __, ...wanted } = query;
        const reference = await readReference(db);
        const days = wantedDays(query, now);
        const closed = await closedFigures(db, id, days, checkedChoice(wanted, reference), now);
        // what a closed year keeps is what was known when it was closed
        const choice = closed && wanted.knownOn === undefined ? { ...wanted, knownOn: closed.closed_at } : wanted;
        const computed = (await computeFigures(db, [id], days, choice, now, reference)).get(id);
        if (!computed) throw notFound();
        const over = dateText(Math.min(now, wanted.knownOn ?? now));
        const body =
          indicator === 'power-usage-effectiveness'
            ? await explainRoom(db, id, days, over, wanted.knownOn)
            : await explainIndicator(db, id, indicator, {
                days,
                choice,
                figures: closed?.figures ?? computed.figures,
                reference,
              });
        const closedAt = closed ? shanghaiText(closed.closed_at) : null;
        return { institutionId: id, indicator, ...days, closedAt, ...body };
      },
    });
  },
};
