import type { BatchAck } from '@ganzhi/schemas';
import type { Outcome } from './message.ts';

/**
 * The application's acknowledgement, sent after commit only. A quarantined reading is named with its code: it is safe, and
 * the server's work now, so the gateway may forget it.
 *
 * @param serverAt epoch ms; a gateway without a clock of its own lives by it
 */
export const ackOf = (batch: string, { result, quarantined }: Outcome, serverAt: number): BatchAck => ({
  batch,
  status: result === 'rejected' ? 'rejected' : 'stored',
  rejected: quarantined.flatMap(({ i, code }) => (i === undefined ? [] : [{ i, code }])),
  serverAt,
});
