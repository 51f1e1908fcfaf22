import { z } from 'zod';
import { LOG_LEVELS } from './configuration.ts';

/** Commands to a gateway. Each has an id that is never used for another; a gateway obeys an id once, however often it comes. */

const MeterCodes = z.array(z.string().min(1).max(64)).min(1).max(2_000);

export const CommandBody = z.discriminatedUnion('kind', [
  /** Reads all meters (or those named) at once, beside the schedule. */
  z.strictObject({ kind: z.literal('read-now'), meters: MeterCodes.optional() }),
  /** Until the next configuration or restart; what is to last belongs into a configuration. */
  z.strictObject({
    kind: z.literal('set-interval'),
    intervalMs: z.int().min(1_000).max(86_400_000),
    meters: MeterCodes.optional(),
  }),
  /** Opens all meters anew by their templates. */
  z.strictObject({ kind: z.literal('reload-templates') }),
  z.strictObject({ kind: z.literal('set-log-level'), level: z.enum(LOG_LEVELS) }),
  /** Looks at disk, outbox, clock and every meter, and says what it finds. */
  z.strictObject({ kind: z.literal('self-test') }),
  /** Makes itself a new token or key; the old one holds until the new one was used. */
  z.strictObject({ kind: z.literal('rotate-credential') }),
]);
export type CommandBody = z.infer<typeof CommandBody>;
export const COMMAND_KINDS = [
  'read-now',
  'set-interval',
  'reload-templates',
  'set-log-level',
  'self-test',
  'rotate-credential',
] as const satisfies readonly CommandBody['kind'][];

/** `down/cmd`. */
export const GatewayCommand = z.object({
  v: z.literal(1),
  id: z.uuid(),
  /** Epoch milliseconds of the server's clock; a command that comes later is not obeyed. */
  expiresAt: z.int(),
  /** The server's clock when it was sent: a gateway with a wrong clock compares with this one. */
  sentAt: z.int(),
  body: CommandBody,
});
export type GatewayCommand = z.infer<typeof GatewayCommand>;

/** `up/cmd`: one answer per command; `error.code` is a code of the error table. */
export const CommandAnswer = z.object({
  v: z.literal(1),
  id: z.uuid(),
  at: z.int(),
  state: z.enum(['done', 'failed']),
  result: z.record(z.string(), z.unknown()).default({}),
  error: z.object({ code: z.string().max(64), message: z.string().max(2_000) }).optional(),
});
export type CommandAnswer = z.infer<typeof CommandAnswer>;

/** `result` of `rotate-credential`: what the new credential will be known by. Never the credential itself. */
export const RotationResult = z.object({
  kind: z.enum(['token', 'certificate']),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type RotationResult = z.infer<typeof RotationResult>;
