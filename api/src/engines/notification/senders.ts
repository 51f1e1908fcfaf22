import { createTransport } from 'nodemailer';
import { allowedUrl } from '../../lib/outbound.ts';
import { signatureOf } from './rules.ts';
import type { Delivery } from './sql.ts';

/** Sends one message, or throws why it could not be. */
export type Sender = (delivery: Delivery) => Promise<void>;

const LIMIT_MS = 10_000;

export interface MailOptions {
  /** `smtp://user:password@host:587` or `smtps://…`. */
  url: string;
  from: string;
}

/** E-mail as plain text. Repeats of one message carry the same Message-ID, so that a mailbox can tell. */
export function mailSender({ url, from }: MailOptions): { send: Sender; close(): void } {
  const transport = createTransport({
    url,
    connectionTimeout: LIMIT_MS,
    greetingTimeout: LIMIT_MS,
    socketTimeout: LIMIT_MS,
    // nothing in a message may make the server read files or fetch addresses
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = from.split('@').at(-1)?.replace(/>$/, '') ?? 'ganzhi';
  return {
    send: async ({ address, title, text, urgent, notificationId, channelId }) => {
      await transport.sendMail({
        from,
        to: address,
        subject: title,
        text,
        messageId: `<notification-${notificationId}-${channelId}@${domain}>`,
        ...(urgent ? { priority: 'high' as const } : {}),
      });
    },
    close: () => transport.close(),
  };
}

/**
 * Webhook: JSON by POST, signed, to hosts the operator allows.
 */
export const webhookSender =
  (hosts: readonly string[], clock: () => number): Sender =>
  async ({ address, secret, notificationId, kind, subject, urgent, title, text, createdAt }) => {
    const url = allowedUrl(address, hosts, 'GANZHI_WEBHOOK_HOSTS');
    const body = JSON.stringify({
      id: String(notificationId),
      kind,
      subject,
      urgent,
      title,
      text,
      createdAt: new Date(createdAt).toISOString(),
    });
    const epochS = Math.floor(clock() / 1_000);
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.timeout(LIMIT_MS),
      headers: {
        'content-type': 'application/json',
        'ganzhi-timestamp': String(epochS),
        'ganzhi-signature': signatureOf(secret, epochS, body),
      },
      body,
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the receiver answered ${response.status}`);
  };
