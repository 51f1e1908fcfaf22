/**
 * The outbox's file. The payload stands last and apart from what is asked for often: SQLite finds a column behind a long one
 * only by reading through it, and ten million waiting readings are a gigabyte. So each question has an index that answers it
 * alone.
 */
export const SCHEMA = `
  pragma journal_mode = wal;
  pragma synchronous = full;
  pragma cache_size = -512;
  create table if not exists outbox (
    id integer primary key,
    lane integer not null,
    made_at integer not null,
    oldest_at integer not null,
    newest_at integer not null,
    readings integer not null,
    bytes integer not null,
    batch text not null,
    payload text not null
  );
  create unique index if not exists outbox_by_batch on outbox (batch, lane, bytes, readings);
  create index if not exists outbox_by_lane on outbox (lane, id, made_at, oldest_at, bytes, readings);
  create index if not exists outbox_by_age on outbox (oldest_at, id, newest_at, batch, lane, bytes, readings);
  create table if not exists held (id integer primary key, boot text not null, offset_ms real not null, unset integer not null);
  create table if not exists event (id integer primary key, loss text, body text not null);
  create table if not exists note (key text primary key, value text not null) without rowid;
`;

/** Batches of the first firmware, which counted its rows apart from its batch numbers. */
export const TAKE_OVER = `
  insert or ignore into outbox
  select json_extract(payload, '$.seq') + 1, lane, coalesce(unixepoch(json_extract(payload, '$.sentAt')), 0) * 1000,
    oldest_at, oldest_at, readings, bytes, batch, payload
  from batch order by id;
  drop table batch;
`;

export const SQL = {
  insert: 'insert into outbox values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  next: 'select id, batch, payload, readings from outbox where lane = ? and id > ? order by id limit ?',
  find: 'select id, lane, bytes, readings from outbox where batch = ?',
  remove: 'delete from outbox where id = ?',
  /** Oldest first by the time of their readings: a history that is still being made goes before today. */
  oldest: 'select id, lane, bytes, readings, oldest_at, newest_at from outbox order by oldest_at, id',
  head: 'select oldest_at from outbox where lane = ? order by id limit 1',
  totals: 'select lane, count(*) n, sum(bytes) bytes, sum(readings) readings from outbox group by lane',
  lastId: 'select max(id) id from outbox',
  live: 'select id, made_at, bytes, readings from outbox where lane = 0 and id > ? and made_at < ?',
  demote: `update outbox set lane = 1, payload = replace(payload, '"replay":false', '"replay":true') where id = ?`,
  hold: 'insert into held values (?, ?, ?, ?)',
  letGo: 'delete from held where id = ?',
  held: `select id, boot, offset_ms, unset, oldest_at, newest_at, bytes, readings from held join outbox using (id)
    order by id`,
  payload: 'select payload from outbox where id = ?',
  restamp: 'update outbox set lane = ?, payload = ?, bytes = ?, oldest_at = ?, newest_at = ? where id = ?',
  readNote: 'select value from note where key = ?',
  writeNote: 'insert into note values (?, ?) on conflict (key) do update set value = excluded.value',
  events: 'select id, loss, body from event order by id',
  writeEvent: `insert into event values (?, ?, ?)
    on conflict (id) do update set loss = excluded.loss, body = excluded.body`,
  removeEvent: 'delete from event where id = ?',
} as const;
