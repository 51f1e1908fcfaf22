import type { Db, Tx } from '@ganzhi/schemas/db';
import type { BothLanguages } from '../../errors/refuse.ts';
import { retryAt, sendAt } from './rules.ts';

export interface Message {
  /** User ids. */
  to: readonly number[];
  kind: string;
  /** Module and id, `approval/17`. */
  subject: string;
  /** Does not wait for the end of quiet hours. */
  urgent: boolean;
  title: BothLanguages;
  text: BothLanguages;
}

/** Tells people, in the transaction of what they are told of: on the page at once, by their channels when it may be sent. */
export async function notify(tx: Tx, message: Message, now: number): Promise<void> {
  const { to, kind, subject, urgent, title, text } = message;
  const { rows } = await tx.query<WaitingRow>(
    `with told as (
       insert into platform.notification
         (user_id, kind, subject, urgent, title_zh, title_en, text_zh, text_en, created_at)
       select distinct unnest($1::int4[]), $2, $3, $4::boolean, $5, $6, $7, $8, $9::timestamptz
       returning id, user_id
     )
     select told.id as notification, c.id as channel, c.quiet_from as "quietFrom", c.quiet_to as "quietTo"
     from told join platform.notification_channel c on c.user_id = told.user_id and c.enabled`,
    [to, kind, subject, urgent, title.zh, title.en, text.zh, text.en, new Date(now)],
  );
  await tx.query(
    `insert into platform.delivery (notification_id, channel_id, next_at)
     select * from unnest($1::int8[], $2::int4[], $3::timestamptz[])`,
    [
      rows.map(({ notification }) => notification),
      rows.map(({ channel }) => channel),
      rows.map(({ quietFrom, quietTo }) => new Date(sendAt(now, { fromMinute: quietFrom, toMinute: quietTo }, urgent))),
    ],
  );
}

interface WaitingRow {
  notification: bigint;
  channel: number;
  quietFrom: number;
  quietTo: number;
}

/** All that a sender needs; texts in the language of the channel. */
export interface Delivery {
  readonly notificationId: bigint;
  readonly channelId: number;
  readonly channel: 'email' | 'webhook';
  readonly address: string;
  readonly secret: string;
  readonly attempts: number;
  readonly kind: string;
  readonly subject: string;
  readonly urgent: boolean;
  readonly title: string;
  readonly text: string;
  readonly createdAt: number;
}

/** How long a claimed delivery is left alone: a process that died over it must not keep it. */
const CLAIM_MS = 120_000;

/** Takes deliveries that are due, oldest first; several processes never take the same. */
export async function claimDue(db: Db, now: number, limit: number): Promise<Delivery[]> {
  const { rows } = await db.query<Delivery>(
    `with due as (
       select notification_id, channel_id from platform.delivery
       where state = 'waiting' and next_at <= $1 order by next_at limit $2 for update skip locked
     ), claimed as (
       update platform.delivery d set next_at = $3, attempts = d.attempts + 1 from due
       where d.notification_id = due.notification_id and d.channel_id = due.channel_id
       returning d.notification_id, d.channel_id, d.attempts
     )
     select n.id as "notificationId", c.id as "channelId", c.channel, c.address, c.secret, claimed.attempts,
       n.kind, n.subject, n.urgent, n.created_at as "createdAt",
       case c.language when 'zh' then n.title_zh else n.title_en end as title,
       case c.language when 'zh' then n.text_zh else n.text_en end as text
     from claimed
     join platform.notification n on n.id = claimed.notification_id
     join platform.notification_channel c on c.id = claimed.channel_id
     order by n.id`,
    [new Date(now), limit, new Date(now + CLAIM_MS)],
  );
  return rows;
}

/** Writes down that it was sent, or why not and when it is tried again. */
export async function settle(db: Db, delivery: Delivery, now: number, failure?: string): Promise<void> {
  const again = failure === undefined ? undefined : retryAt(now, delivery.attempts);
  const state = failure === undefined ? 'sent' : again === undefined ? 'given-up' : 'waiting';
  await db.query(
    `update platform.delivery
     set state = $3, sent_at = case when $3 = 'sent' then $4::timestamptz end, next_at = coalesce($5, next_at), last_error = $6
     where notification_id = $1 and channel_id = $2`,
    [
      delivery.notificationId,
      delivery.channelId,
      state,
      new Date(now),
      again === undefined ? null : new Date(again),
      failure?.slice(0, 300) ?? null,
    ],
  );
}

/** The person has seen it. Twice is as good as once; somebody else's is left alone. @returns whether it is the person's */
export async function markSeen(tx: Tx, userId: number, id: bigint, now: number): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update platform.notification set seen_at = coalesce(seen_at, $3) where id = $1 and user_id = $2`,
    [id, userId, new Date(now)],
  );
  return rowCount === 1;
}

/** What a person was told of is done: his messages of the subject count as acted upon. */
export async function markActed(tx: Tx, userId: number, subject: string, now: number): Promise<void> {
  await tx.query(
    `update platform.notification set acted_at = $3, seen_at = coalesce(seen_at, $3)
     where subject = $1 and user_id = $2 and acted_at is null`,
    [subject, userId, new Date(now)],
  );
}
