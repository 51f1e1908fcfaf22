import { z } from 'zod';
import { Instant, InstantQuery, paging, text } from '../../lib/shapes.ts';

export const ListAudit = z.strictObject({
  actor: text(64).optional(),
  /** `session.create`, or the part before the dot: `session`. */
  action: text(100).optional(),
  target: text(500).optional(),
  from: InstantQuery.optional(),
  to: InstantQuery.optional(),
  ...paging,
});

export const AuditPage = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      at: Instant,
      actor: z.string(),
      action: z.string(),
      target: z.string(),
      before: z.unknown(),
      after: z.unknown(),
      address: z.string().nullable(),
      /** Null: not sealed into the chain yet. */
      sealedAt: Instant.nullable(),
    }),
  ),
  nextCursor: z.string().nullable(),
});
