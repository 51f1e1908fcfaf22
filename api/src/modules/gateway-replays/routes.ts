import { SECOND, shanghaiText } from '@ganzhi/schemas';
import type { z } from 'zod';
import type { ApiModule } from '../../context.ts';
import { problems } from '../../lib/shapes.ts';
import { ACTIVE_S, etaOf, type Figures, figuresOf } from './rules.ts';
import { type GatewayReplayItem, GatewayReplayPage, ListGatewayReplays } from './schema.ts';
import { activeReplays, countReplays, listReplays, type ReplayRow } from './sql.ts';

export const gatewayReplays: ApiModule = {
  name: 'gateway-replays',
  routes: (api, { db, clock }) => {
    api.route({
      method: 'GET',
      url: '/gateway-replays',
      config: { auth: 'user' },
      schema: {
        tags: ['gateways'],
        operationId: 'listGatewayReplays',
        summary: 'Backlogs after an outage: progress, rate, time left · 断点续传进度',
        querystring: ListGatewayReplays,
        response: { 200: GatewayReplayPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const now = clock();
        const activeSince = now - ACTIVE_S * SECOND;
        const filter = { gateway: query.gateway, active: query.active, activeSince };
        const [total, page, moving] = await Promise.all([
          countReplays(db, filter),
          listReplays(db, filter, query),
          activeReplays(db, activeSince),
        ]);
        const items = page.rows.map((row) => itemOf(row, figures(row, now)));
        return { items, nextCursor: page.nextCursor, total, sum: sumOf(moving, now) };
      },
    });
  },
};

const numberOrNull = (count: bigint | null): number | null => (count === null ? null : Number(count));

const figures = (row: ReplayRow, now: number): Figures =>
  figuresOf(
    {
      since: row.since,
      lastAt: row.last_at,
      ratePerS: row.rate_per_s,
      readings: Number(row.readings),
      remaining: numberOrNull(row.remaining),
    },
    now,
  );

const itemOf = (row: ReplayRow, { active, ratePerS, progress, etaS }: Figures): z.infer<typeof GatewayReplayItem> => ({
  gatewayCode: row.gateway,
  institutionNameZh: row.institution_zh,
  institutionNameEn: row.institution_en,
  online: row.online,
  active,
  since: shanghaiText(row.since),
  lastAt: shanghaiText(row.last_at),
  readings: Number(row.readings),
  remainingReadings: numberOrNull(row.remaining),
  progress,
  ratePerS,
  grantedPerS: numberOrNull(row.granted_per_s),
  etaS,
});

function sumOf(rows: readonly ReplayRow[], now: number) {
  const remainingReadings = rows.reduce((total, row) => total + Number(row.remaining ?? 0n), 0);
  const ratePerS = Math.round(rows.reduce((total, row) => total + figures(row, now).ratePerS, 0) * 10) / 10;
  return { gateways: rows.length, remainingReadings, ratePerS, etaS: etaOf(remainingReadings, ratePerS) };
}
