import { SECOND } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';

const EVERY_MS = 5 * SECOND;
const AT_ONCE = 2_000;

/** Seals everything that is committed; returns how many rows. Several at once wait for one another. */
export async function sealAudit(db: Db): Promise<number> {
  let sealed = 0;
  for (;;) {
    const { rows } = await db.query<{ n: number }>('select platform.seal_audit($1) as n', [AT_ONCE]);
    const n = rows[0]?.n ?? 0;
    sealed += n;
    if (n < AT_ONCE) return sealed;
  }
}

/** Seals every few seconds until stopped; `stop` seals what is left. A database that is away is met again next time. */
export function startSealing(db: Db, logger: Logger): { stop(): Promise<void> } {
  let running: Promise<unknown> = Promise.resolve();
  const round = (): void => {
    running = running
      .then(() => sealAudit(db))
      .catch((error: Error) => logger.warn({ reason: error.message }, 'the audit trail could not be sealed'));
  };
  const timer = setInterval(round, EVERY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      round();
      await running;
    },
  };
}
