import { SECOND } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { Logger } from 'pino';
import { escalateOverdue } from './approval/escalate.ts';
import { deliverDue } from './notification/deliver.ts';
import { type MailOptions, mailSender, webhookSender } from './notification/senders.ts';

const EVERY_MS = 20 * SECOND;

export interface RoundsOptions {
  /** Sees everything: messages and deadlines are the service's own work. */
  db: Db;
  clock: () => number;
  logger: Logger;
  /** Unset: mail waits, with the reason at each message. */
  mail?: MailOptions;
  /** Hosts that webhooks may go to. */
  webhookHosts: readonly string[];
  /** What modules have to tell by themselves; done before messages are sent. */
  tasks: readonly ((db: Db, now: number) => Promise<unknown>)[];
}

/**
 * What the engines do by themselves: raise what is overdue and send what is due. Every api process may run it; rows are taken
 * with skip locked (decision 009). A database that is away is met again at the next round.
 */
export function startRounds({ db, clock, logger, mail, webhookHosts, tasks }: RoundsOptions): {
  stop(): Promise<void>;
} {
  const post = mail ? mailSender(mail) : undefined;
  const senders = { webhook: webhookSender(webhookHosts, clock), ...(post ? { email: post.send } : {}) };
  let running: Promise<void> = Promise.resolve();
  let stopping = false;
  const round = async (): Promise<void> => {
    if (stopping) return;
    try {
      await escalateOverdue(db, clock());
      for (const task of tasks) await task(db, clock());
      const { sent, failed } = await deliverDue(db, senders, clock);
      if (sent + failed > 0) logger.info({ sent, failed }, 'messages delivered');
    } catch (error) {
      logger.warn(
        { reason: error instanceof Error ? error.message : String(error) },
        'messages wait for the next round',
      );
    }
  };
  const timer = setInterval(() => {
    running = running.then(round);
  }, EVERY_MS);
  return {
    stop: async () => {
      stopping = true;
      clearInterval(timer);
      await running;
      post?.close();
    },
  };
}
