import { z } from 'zod';
import { Flag, Id, Instant, paging, text } from '../../lib/shapes.ts';

export const ListNotifications = z.strictObject({
  /** True: only what was not seen yet. */
  unseen: Flag.optional(),
  ...paging,
});

export const Notification = z
  .object({
    id: z.string(),
    kind: z.string(),
    /** Module and id of what it is about, `repair-application/17`. */
    subject: z.string(),
    urgent: z.boolean(),
    titleZh: z.string(),
    titleEn: z.string(),
    textZh: z.string(),
    textEn: z.string(),
    createdAt: Instant,
    seenAt: Instant.nullable(),
    actedAt: Instant.nullable(),
  })
  .meta({ id: 'Notification' });

export const NotificationPage = z.object({
  items: z.array(Notification),
  nextCursor: z.string().nullable(),
  unseen: z.int(),
});

const MinuteOfDay = z.int().min(0).max(1_439);

export const CreateChannel = z
  .discriminatedUnion('channel', [
    z.strictObject({
      channel: z.literal('email'),
      address: z.email().max(200),
      language: z.enum(['zh', 'en']).default('zh'),
      quietFrom: MinuteOfDay.default(0),
      quietTo: MinuteOfDay.default(0),
    }),
    z.strictObject({
      channel: z.literal('webhook'),
      address: z.url({ protocol: /^https?$/ }).max(400),
      language: z.enum(['zh', 'en']).default('zh'),
      quietFrom: MinuteOfDay.default(0),
      quietTo: MinuteOfDay.default(0),
    }),
  ])
  .meta({ id: 'CreateNotificationChannel' });

export const Channel = z
  .object({
    id: Id,
    channel: z.enum(['email', 'webhook']),
    address: z.string(),
    language: z.enum(['zh', 'en']),
    /** Minutes of the Shanghai day; equal: no rest. */
    quietFrom: z.int(),
    quietTo: z.int(),
    /** Of the last message that could not be delivered; null: none. */
    lastError: z.string().nullable(),
  })
  .meta({ id: 'NotificationChannel' });

export const Channels = z.object({ items: z.array(Channel) });
/** The secret that webhooks are signed with; shown this once. */
export const CreatedChannel = Channel.extend({ secret: z.string() }).meta({ id: 'CreatedNotificationChannel' });

export const NotificationParams = z.strictObject({ id: text(18).regex(/^\d+$/, 'a number') });
