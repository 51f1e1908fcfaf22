import type { Db, Tx } from '@ganzhi/schemas/db';
import { cut, decodeCursor } from '../../lib/page.ts';

export interface NotificationRow {
  id: bigint;
  kind: string;
  subject: string;
  urgent: boolean;
  title_zh: string;
  title_en: string;
  text_zh: string;
  text_en: string;
  created_at: number;
  seen_at: number | null;
  acted_at: number | null;
}

/** A person's own, newest first. */
export async function listNotifications(
  db: Db,
  { userId, unseen }: { userId: number; unseen?: boolean | undefined },
  page: { limit: number; cursor?: string | undefined },
): Promise<{ rows: readonly NotificationRow[]; nextCursor: string | null }> {
  const after = decodeCursor('-id', page.cursor, { value: 'text', id: 'int8' });
  const { rows } = await db.query<NotificationRow>(
    `select id, kind, subject, urgent, title_zh, title_en, text_zh, text_en, created_at, seen_at, acted_at
     from platform.notification
     where user_id = $1 and ($2::int8 is null or id < $2) and ($3::boolean is null or (seen_at is null) = $3)
     order by id desc limit $4`,
    [userId, after?.id ?? null, unseen ?? null, page.limit + 1],
  );
  return cut(rows, page.limit, '-id', (row) => ({ value: null, id: String(row.id) }));
}

export async function countUnseen(db: Db, userId: number): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    'select count(*)::int4 as n from platform.notification where user_id = $1 and seen_at is null',
    [userId],
  );
  return rows[0]?.n ?? 0;
}

export interface ChannelRow {
  id: number;
  channel: 'email' | 'webhook';
  address: string;
  language: 'zh' | 'en';
  quietFrom: number;
  quietTo: number;
  lastError: string | null;
}

export async function listChannels(db: Db | Tx, userId: number): Promise<ChannelRow[]> {
  const { rows } = await db.query<ChannelRow>(
    `select c.id, c.channel, c.address, c.language, c.quiet_from as "quietFrom", c.quiet_to as "quietTo",
       (select d.last_error from platform.delivery d where d.channel_id = c.id
        order by d.notification_id desc limit 1) as "lastError"
     from platform.notification_channel c where c.user_id = $1 order by c.id`,
    [userId],
  );
  return rows;
}

/** @returns the new id; undefined when the person has this address already */
export async function insertChannel(
  tx: Tx,
  userId: number,
  channel: Omit<ChannelRow, 'id' | 'lastError'> & { secret: string },
): Promise<number | undefined> {
  const { rows } = await tx.query<{ id: number }>(
    `insert into platform.notification_channel (user_id, channel, address, secret, language, quiet_from, quiet_to)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning id`,
    [userId, channel.channel, channel.address, channel.secret, channel.language, channel.quietFrom, channel.quietTo],
  );
  return rows[0]?.id;
}

/** @returns whether the person had it */
export async function deleteChannel(tx: Tx, userId: number, id: number): Promise<boolean> {
  const { rowCount } = await tx.query('delete from platform.notification_channel where id = $1 and user_id = $2', [
    id,
    userId,
  ]);
  return rowCount === 1;
}
