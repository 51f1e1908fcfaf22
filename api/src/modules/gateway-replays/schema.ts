import { GATEWAY_CODE } from '@ganzhi/schemas';
import { z } from 'zod';
import { Flag, Instant, paging } from '../../lib/shapes.ts';

export const ListGatewayReplays = z.strictObject({
  /** One gateway only. */
  gateway: z.string().regex(GATEWAY_CODE).optional(),
  /** True: those that replay at present (heard of within a minute). */
  active: Flag.optional(),
  ...paging,
});

const Rate = z.number().min(0);

export const GatewayReplayItem = z
  .object({
    gatewayCode: z.string(),
    institutionNameZh: z.string(),
    institutionNameEn: z.string(),
    online: z.boolean(),
    active: z.boolean(),
    since: Instant,
    lastAt: Instant,
    /** Replayed since `since`. */
    readings: z.int(),
    /** Still in its outbox, as it last said; null: it never said. */
    remainingReadings: z.int().nullable(),
    /** 0 to 1; null while nobody knows how much is left. */
    progress: z.number().min(0).max(1).nullable(),
    /** Readings a second, mean of half a minute; 0 when it has stopped. */
    ratePerS: Rate,
    /** What it was last told that it may replay, readings a second. */
    grantedPerS: Rate.nullable(),
    /** Seconds until its outbox is empty at this rate; null: no end in sight. */
    etaS: z.int().nullable(),
  })
  .meta({ id: 'GatewayReplay' });

export const GatewayReplayPage = z.object({
  items: z.array(GatewayReplayItem),
  nextCursor: z.string().nullable(),
  total: z.int(),
  /** All gateways that replay at present, whatever the filter. */
  sum: z.object({
    gateways: z.int(),
    remainingReadings: z.int(),
    ratePerS: Rate,
    etaS: z.int().nullable(),
  }),
});
