import { CLOCK_STATES, GATEWAY_CODE } from '@ganzhi/schemas';
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
    /** What it says of its own time; null: it never said. */
    clock: z
      .object({
        /** unset: never set since boot (1970); unconfirmed: set, not compared with the server; confirmed: compared. */
        state: z.enum(CLOCK_STATES).nullable(),
        /** Its wall clock at its last heartbeat, right or wrong. */
        wallAt: Instant.nullable(),
        /** Seconds since the boot that `bootId` names. */
        monotonicS: z.number().nullable(),
        bootId: z.string().nullable(),
        /** Wall clock minus the server's, as the gateway measured it. */
        serverOffsetS: z.number().nullable(),
        saidAt: Instant,
      })
      .nullable(),
    firmware: z.string().nullable(),
    simulatedTime: z.boolean(),
  })
  .meta({ id: 'Gateway' });

export const GatewayPage = z.object({
  items: z.array(GatewayItem),
  nextCursor: z.string().nullable(),
  total: z.int(),
});
