import { DAY, shanghaiText } from '@ganzhi/schemas';
import type { ApiModule } from '../../context.ts';
import { problems } from '../../lib/shapes.ts';
import { FigureRestatementPage, ListFigureRestatements } from './schema.ts';
import { listChanges } from './sql.ts';

const USUAL_LOOK_BACK_MS = 30 * DAY;

/** What changed above the ledger: the days of meters themselves are in `/ledger-restatements`. */
export const figureRestatements: ApiModule = {
  name: 'figure-restatements',
  routes: (api, { db, clock }) => {
    api.route({
      method: 'GET',
      url: '/figure-restatements',
      config: { auth: 'user' },
      schema: {
        tags: ['ledger-evidence'],
        operationId: 'listFigureRestatements',
        summary:
          'Virtual meters, shares, bills, area, users, factors, prices and holders that changed past figures · 指标更正清单',
        querystring: ListFigureRestatements,
        response: { 200: FigureRestatementPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { limit, cursor, since = clock() - USUAL_LOOK_BACK_MS, ...filter } = query;
        const { rows, nextCursor } = await listChanges(db, { since, ...filter }, { limit, cursor });
        const number = (text: string | null) => (text === null ? null : Number(text));
        return {
          items: rows.map(({ before, after, changedAt, changedText: _, key: __, ...row }) => ({
            ...row,
            before: number(before),
            after: number(after),
            changedAt: shanghaiText(changedAt),
          })),
          nextCursor,
        };
      },
    });
  },
};
