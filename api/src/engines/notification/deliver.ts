import type { Db } from '@ganzhi/schemas/db';
import type { Sender } from './senders.ts';
import { claimDue, type Delivery, settle } from './sql.ts';

const AT_ONCE = 50;

/**
 * Sends what is due, once through. At least once: a process that dies between sending and writing it down sends again.
 *
 * @param senders by channel; a channel without one fails by name and is tried again later
 * @returns how many were sent and how many failed
 */
export async function deliverDue(
  db: Db,
  senders: Readonly<Partial<Record<Delivery['channel'], Sender>>>,
  clock: () => number,
): Promise<{ sent: number; failed: number }> {
  const due = await claimDue(db, clock(), AT_ONCE);
  const failures = await Promise.all(
    due.map(async (delivery) => {
      const failure = await attempt(senders[delivery.channel], delivery);
      await settle(db, delivery, clock(), failure);
      return failure;
    }),
  );
  const failed = failures.filter((failure) => failure !== undefined).length;
  return { sent: due.length - failed, failed };
}

async function attempt(send: Sender | undefined, delivery: Delivery): Promise<string | undefined> {
  if (!send) return `no sender for ${delivery.channel} is configured`;
  try {
    await send(delivery);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
