import type { BatchAck, ReplayGrant } from '@ganzhi/schemas';
import type { Outcome } from './message.ts';

/**
 * The application's acknowledgement, sent after commit only. A quarantined reading is named with its code: it is safe, and
 * the server's work now, so the gateway may forget it.
 *
 * @param serverAt epoch ms; a gateway without a clock of its own lives by it
 * @param grant how fast a gateway that replays may go on
 */
export const ackOf = (
  batch: string,
  { result, quarantined }: Outcome,
  serverAt: number,
  grant?: ReplayGrant,
): BatchAck => ({
  batch,
  status: result === 'rejected' ? 'rejected' : 'stored',
  rejected: quarantined.flatMap(({ i, code }) => (i === undefined ? [] : [{ i, code }])),
  ...(grant ? { grant } : {}),
  serverAt,
});
