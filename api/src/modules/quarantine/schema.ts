import { z } from 'zod';
import { Instant, paging } from '../../lib/shapes.ts';

export const ListQuarantine = z.strictObject(paging);

export const QuarantinePage = z.object({
  items: z.array(
    z.object({
      /** A decimal string: it may grow beyond 2^53. */
      id: z.string(),
      receivedAt: Instant,
      gatewayCode: z.string(),
      /** A code of the error table. */
      reason: z.string(),
      detail: z.string(),
      /** The reading as received, or the head of a message that could not be parsed. */
      payload: z.unknown(),
    }),
  ),
  nextCursor: z.string().nullable(),
});
