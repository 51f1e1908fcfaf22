import { CommandBody, GATEWAY_CODE } from '@ganzhi/schemas';
import { z } from 'zod';
import { Instant, paging, text } from '../../lib/shapes.ts';

export const GatewayParams = z.strictObject({ code: z.string().regex(GATEWAY_CODE) });
export const ListCommands = z.strictObject(paging);

export const CreateCommand = z.strictObject({
  command: CommandBody,
  /** Seconds until the command is no longer to be obeyed. */
  expiresInS: z.int().min(5).max(604_800).default(300),
});

/** The same key again gives the command that was made first. */
export const CommandHeaders = z.object({ 'idempotency-key': text(100).min(8).optional() });

export const CommandItem = z
  .object({
    id: z.uuid(),
    gatewayCode: z.string(),
    command: z.unknown(),
    state: z.enum(['queued', 'sent', 'done', 'failed', 'expired', 'cancelled']),
    requestedBy: z.string(),
    requestedAt: Instant,
    expiresAt: Instant,
    sentAt: Instant.nullable(),
    answeredAt: Instant.nullable(),
    result: z.unknown(),
    /** A code of the error table. */
    errorCode: z.string().nullable(),
    errorMessage: z.string().nullable(),
  })
  .meta({ id: 'GatewayCommand' });

export const CommandPage = z.object({ items: z.array(CommandItem), nextCursor: z.string().nullable() });
