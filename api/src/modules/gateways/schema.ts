import { GATEWAY_CODE } from '@ganzhi/schemas';
import { z } from 'zod';
import { Flag, Id, Instant, paging, text } from '../../lib/shapes.ts';

export const GATEWAY_SORTS = [
  'code',
  '-code',
  'lastSeenAt',
  '-lastSeenAt',
  'outboxReadings',
  '-outboxReadings',
  'clockOffsetS',
  '-clockOffsetS',
] as const;

export const ListGateways = z.strictObject({
  /** Part of a gateway's or institution's code or name. */
  search: text(100).optional(),
  online: Flag.optional(),
  sort: z.enum(GATEWAY_SORTS).default('code'),
  ...paging,
});

export const GatewayParams = z.strictObject({ code: z.string().regex(GATEWAY_CODE) });

export const GatewayItem = z
  .object({
    code: z.string(),
    institutionId: Id,
    institutionNameZh: z.string(),
    institutionNameEn: z.string(),
    online: z.boolean(),
    lastSeenAt: Instant.nullable(),
    /** Readings it holds and has not delivered, as it last said. */
    outboxReadings: z.int().nullable(),
    outboxOldestAt: Instant.nullable(),
    /** Its wall clock minus ours. */
    clockOffsetS: z.number().nullable(),
    firmware: z.string().nullable(),
    simulatedTime: z.boolean(),
  })
  .meta({ id: 'Gateway' });

export const GatewayPage = z.object({
  items: z.array(GatewayItem),
  nextCursor: z.string().nullable(),
  total: z.int(),
});
