import { dateText, shanghaiText } from '@ganzhi/schemas';
import type { ApiModule, Context } from '../../context.ts';
import { readReference } from '../../energy/reference.ts';
import { notFound, Refusal } from '../../errors/refuse.ts';
import { type Days, daysBetween, yearDays } from '../../lib/day.ts';
import { IdParams, NoQuery, problems } from '../../lib/shapes.ts';
import { yearOf } from '../../lib/time.ts';
import { WriteHeaders, write } from '../../lib/write.ts';
import { comparableChange } from './comparable.ts';
import { roomOf } from './data-centre.ts';
import { checkedChoice, closedFigures, completeDays, computeFigures, wantedDays } from './read.ts';
import { type Choice, changeOf, earlier, totalsOf } from './rules.ts';
import {
  ClosedYear,
  CloseYear,
  IndicatorQuery,
  IndicatorTotals,
  InstitutionIndicators,
  TotalsQuery,
} from './schema.ts';
import { dataCentre, groupOf, insertSnapshot, snapshotOf } from './sql.ts';

const tags = ['indicators'];
const config = { auth: 'user' } as const;

export const indicators: ApiModule = {
  name: 'indicators',
  routes: (api, context) => {
    const { db, clock } = context;

    api.route({
      method: 'GET',
      url: '/institutions/:id/indicators',
      config,
      schema: {
        tags,
        operationId: 'getInstitutionIndicators',
        summary: 'Comprehensive energy, intensities, carbon, with sources and versions · 机构能耗指标',
        params: IdParams,
        querystring: IndicatorQuery,
        response: { 200: InstitutionIndicators, ...problems(400, 401, 404) },
      },
      handler: async ({ params: { id }, query }) => {
        const now = clock();
        const choice = checkedChoice(query, await readReference(db));
        const days = wantedDays(query, now);
        const computed = (await computeFigures(db, [id], days, choice, now)).get(id);
        if (!computed) throw notFound();
        const closed = await closedFigures(db, id, days, choice, now);
        const over = dateText(Math.min(now, query.knownOn ?? now));
        const room = roomOf(await dataCentre(db, id, days, over, query.knownOn));
        return {
          ...(closed?.figures ?? computed.figures),
          closed: closed ? { at: shanghaiText(closed.closed_at), by: closed.closed_by } : null,
          powerUsageEffectiveness: room?.powerUsageEffectiveness ?? null,
          dataCentre: room,
          ...(await changes(context, id, days, choice, now)),
        };
      },
    });

    api.route({
      method: 'GET',
      url: '/indicator-totals',
      config,
      schema: {
        tags,
        operationId: 'getIndicatorTotals',
        summary: 'Indicators of a group of institutions as ratios of sums · 汇总指标',
        querystring: TotalsQuery,
        response: { 200: IndicatorTotals, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const now = clock();
        const choice = checkedChoice(query, await readReference(db));
        const days = wantedDays(query, now);
        const all = await computeFigures(db, await groupOf(db, query), days, choice, now);
        return totalsOf([...all.values()], days);
      },
    });

    api.route({
      method: 'POST',
      url: '/institutions/:id/closed-years',
      config,
      schema: {
        tags,
        operationId: 'closeIndicatorYear',
        summary: 'Close a year: its figures stay as they are now · 年度指标关账',
        headers: WriteHeaders,
        params: IdParams,
        querystring: NoQuery,
        body: CloseYear,
        response: { 201: ClosedYear, ...problems(400, 401, 403, 404, 409) },
      },
      handler: async (request, reply) => {
        const { id } = request.params;
        const { year, reason, ...choice } = request.body;
        const answer = await write(context, request, 'indicator-year.close', async (tx, actor, now) => {
          if (year >= yearOf(now)) {
            throw new Refusal('conflict', {
              zh: `${year} 年尚未结束，年度终了后方可关账。`,
              en: `${year} is not over yet; a year can be closed after its end.`,
            });
          }
          const days = yearDays(year);
          const reference = await readReference(tx);
          checkedChoice(choice, reference);
          const figures = (await computeFigures(tx, [id], days, choice, now, reference)).get(id)?.figures;
          if (!figures) throw notFound();
          const before = await snapshotOf(tx, id, year, now);
          await insertSnapshot(tx, { institutionId: id, year, figures, by: actor, at: now, reason });
          const closed = { institutionId: id, year, closedAt: shanghaiText(now), figures };
          return { answer: closed, target: `institution/${id}/${year}`, before: before?.figures };
        });
        return reply.code(201).send(answer);
      },
    });
  },
};

async function changes({ db }: Context, id: number, days: Days, choice: Choice, now: number) {
  const over = completeDays(days, Math.min(now, choice.knownOn ?? now));
  if (!over) return { yearOnYear: null, comparableYearOnYear: null, monthOnMonth: null };
  const figuresOf = async (span: Days) => (await computeFigures(db, [id], span, choice, now)).get(id)?.figures;
  const [current, yearAgo, monthAgo] = await Promise.all([
    figuresOf(over),
    figuresOf(earlier(over, 12)),
    // months are compared with months: a longer span would overlap itself
    daysBetween(days) <= 31 ? figuresOf(earlier(over, 1)) : undefined,
  ]);
  return {
    yearOnYear: current && yearAgo ? changeOf(current, yearAgo) : null,
    comparableYearOnYear: await comparableChange(db, id, over, choice, now),
    monthOnMonth: current && monthAgo ? changeOf(current, monthAgo) : null,
  };
}
