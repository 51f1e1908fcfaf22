import { addDays } from '@ganzhi/analytics/rules';
import { dateText } from '@ganzhi/schemas';
import type { z } from 'zod';
import type { ApiModule, Context } from '../../context.ts';
import { watermarks } from '../../energy/watermark.ts';
import { notFound, wrongField } from '../../errors/refuse.ts';
import { checkedDays, daysBetween } from '../../lib/day.ts';
import { IdParams, problems } from '../../lib/shapes.ts';
import { institutionExists } from '../reference/sql.ts';
import { balancesOf, type Stand, treeOf } from './rules.ts';
import { BalanceQuery, Balances, Tree } from './schema.ts';
import { meterDays, treeMeters } from './sql.ts';

const tags = ['balance'];
const config = { auth: 'user' } as const;
const LONGEST_DAYS = 400;

export const balance: ApiModule = {
  name: 'balance',
  routes: (api, context) => {
    api.route({
      method: 'GET',
      url: '/institutions/:id/balances',
      config,
      schema: {
        tags,
        operationId: 'getInstitutionBalances',
        summary: 'Each meter against its sub-meters, and the one that explains the residue best · 平衡校核',
        params: IdParams,
        querystring: BalanceQuery,
        response: { 200: Balances, ...problems(400, 401, 404) },
      },
      handler: async ({ params: { id }, query }) => {
        const stand = await read(context, id, query);
        return { ...stand.days, items: balancesOf(stand) };
      },
    });

    api.route({
      method: 'GET',
      url: '/institutions/:id/meter-tree',
      config,
      schema: {
        tags,
        operationId: 'getInstitutionMeterTree',
        summary: 'Institution, buildings, items and meters with their energy · 机构—建筑—分项',
        params: IdParams,
        querystring: BalanceQuery,
        response: { 200: Tree, ...problems(400, 401, 404) },
      },
      handler: async ({ params: { id }, query }) => {
        return treeOf(await read(context, id, query));
      },
    });
  },
};

async function read({ db, clock }: Context, id: number, query: z.infer<typeof BalanceQuery>): Promise<Stand> {
  const to = query.to ?? dateText(clock());
  const days = checkedDays({ from: query.from ?? addDays(to, -7), to });
  if (daysBetween(days) > LONGEST_DAYS) {
    throw wrongField('from', { zh: '最多查询 400 天。', en: 'At most 400 days can be asked for.' });
  }
  if (!(await institutionExists(db, id))) throw notFound();
  const { knownOn } = query;
  const { meters, placements } = await treeMeters(db, id, days, knownOn);
  const ids = meters.map((meter) => meter.id);
  return { days, meters, placements, known: await meterDays(db, ids, days, knownOn), marks: await watermarks(db, ids) };
}
