import { SECOND, shanghaiText } from '@ganzhi/schemas';
import type { z } from 'zod';
import type { ApiModule } from '../../context.ts';
import { notFound } from '../../errors/refuse.ts';
import { NoQuery, problems } from '../../lib/shapes.ts';
import { instantOrNull } from '../../lib/time.ts';
import { GatewayItem, GatewayPage, GatewayParams, ListGateways } from './schema.ts';
import { countGateways, type GatewayRow, listGateways } from './sql.ts';
import { writeRoutes } from './write-routes.ts';

const tags = ['gateways'];
const config = { auth: 'user' } as const;

export const gateways: ApiModule = {
  name: 'gateways',
  routes: (api, context) => {
    const { db } = context;
    writeRoutes(api, context);
    api.route({
      method: 'GET',
      url: '/gateways',
      config,
      schema: {
        tags,
        operationId: 'listGateways',
        summary: 'The gateway fleet · 网关列表',
        querystring: ListGateways,
        response: { 200: GatewayPage, ...problems(400, 401) },
      },
      handler: async ({ query }) => {
        const { sort, limit, cursor, ...filter } = query;
        const [total, page] = await Promise.all([
          countGateways(db, filter),
          listGateways(db, filter, { sort, limit, cursor }),
        ]);
        return { items: page.rows.map(itemOf), nextCursor: page.nextCursor, total };
      },
    });

    api.route({
      method: 'GET',
      url: '/gateways/:code',
      config,
      schema: {
        tags,
        operationId: 'getGateway',
        summary: 'One gateway · 网关详情',
        params: GatewayParams,
        querystring: NoQuery,
        response: { 200: GatewayItem, ...problems(400, 401, 404) },
      },
      handler: async ({ params }) => {
        const { rows } = await listGateways(db, { code: params.code }, { sort: 'code', limit: 1 });
        const [row] = rows;
        if (!row) throw notFound();
        return itemOf(row);
      },
    });
  },
};

const itemOf = (row: GatewayRow): z.infer<typeof GatewayItem> => ({
  code: row.code,
  institutionId: row.institution_id,
  institutionNameZh: row.institution_zh,
  institutionNameEn: row.institution_en,
  online: row.online,
  lastSeenAt: instantOrNull(row.last_seen_at),
  outboxReadings: row.outbox_readings === null ? null : Number(row.outbox_readings),
  outboxOldestAt: instantOrNull(row.outbox_oldest_at),
  clockOffsetS: secondsOrNull(row.clock_offset_ms),
  clock: clockOf(row),
  firmware: row.firmware,
  simulatedTime: row.simulated_time,
});

const clockOf = (row: GatewayRow): z.infer<typeof GatewayItem>['clock'] =>
  row.clock_said_at === null
    ? null
    : {
        state: row.clock_state,
        wallAt: instantOrNull(row.clock_wall_at),
        monotonicS: secondsOrNull(row.clock_monotonic_ms),
        bootId: row.clock_boot_id,
        serverOffsetS: secondsOrNull(row.clock_server_offset_ms),
        saidAt: shanghaiText(row.clock_said_at),
      };

const secondsOrNull = (ms: bigint | null): number | null => (ms === null ? null : Number(ms) / SECOND);
