import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DAY, HOUR, MINUTE } from '@ganzhi/schemas';
import { withTx } from '@ganzhi/schemas/db';
import { testDatabase } from '@ganzhi/schemas/testing';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { deliverDue } from './deliver.ts';
import { retryAt, sendAt, signatureOf } from './rules.ts';
import { mailSender, webhookSender } from './senders.ts';
import { markActed, markSeen, notify } from './sql.ts';

const database = await testDatabase();
const owner = await database.open('ganzhi_owner');
const db = await database.open('ganzhi_api');
const NOON = Date.parse('2026-11-23T12:00:00+08:00');
const clock = { now: NOON };
let user = 0;

const mails: string[] = [];
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onData: (stream, _session, done) => {
    let mail = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      mail += chunk;
    });
    stream.on('end', () => {
      mails.push(mail);
      done();
    });
  },
});
const posts: { headers: IncomingMessage['headers']; body: string }[] = [];
let status = 200;
const receiver = createServer(async (request, response) => {
  const body = (await request.toArray()).join('');
  posts.push({ headers: request.headers, body });
  response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
});
const portOf = (server: { address(): AddressInfo | string | null }): number => (server.address() as AddressInfo).port;
const hook = (): string => `http://127.0.0.1:${portOf(receiver)}/hook`;

beforeAll(async () => {
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
  await new Promise<void>((done) => smtp.listen(0, '127.0.0.1', done));
  const { rows } = await owner.query<{ id: number }>(
    `insert into platform.app_user (login, display_name, password_hash)
     values ('manager', 'manager', 'never matches') returning id`,
  );
  user = rows[0]?.id ?? 0;
});
beforeEach(async () => {
  await owner.query('truncate platform.notification_channel, platform.notification, platform.delivery');
  mails.length = 0;
  posts.length = 0;
  status = 200;
  clock.now = NOON;
});
afterAll(async () => {
  await new Promise<void>((done) => smtp.close(() => done()));
  await new Promise((done) => receiver.close(done));
  await database.drop();
});

const channel = (kind: string, address: string, quiet = [0, 0], language = 'zh') =>
  db.query(
    `insert into platform.notification_channel (user_id, channel, address, secret, quiet_from, quiet_to, language)
     values ($1, $2, $3, 'shared', $4, $5, $6)`,
    [user, kind, address, quiet[0], quiet[1], language],
  );
const tell = (urgent = false) =>
  withTx(db, (tx) =>
    notify(
      tx,
      {
        to: [user, user],
        kind: 'approval.waiting',
        subject: 'approval/17',
        urgent,
        title: { zh: '待审批：大中修', en: 'To decide: major repair' },
        text: { zh: '请在 5 日内办理。', en: 'Please decide within 5 days.' },
      },
      clock.now,
    ),
  );

async function deliver(hosts = [`127.0.0.1:${portOf(receiver)}`]) {
  const mail = mailSender({ url: `smtp://127.0.0.1:${portOf(smtp.server)}`, from: 'Ganzhi <ganzhi@example.org>' });
  const senders = { email: mail.send, webhook: webhookSender(hosts, () => clock.now) };
  const result = await deliverDue(db, senders, () => clock.now);
  mail.close();
  return result;
}

const deliveries = async () =>
  (await owner.query('select state, attempts, last_error from platform.delivery order by channel_id')).rows;

test('by mail and by webhook, in the language of the channel, once', async () => {
  await channel('email', 'manager@example.org');
  await channel('webhook', hook(), [0, 0], 'en');
  await tell();
  expect(await deliver()).toEqual({ sent: 2, failed: 0 });
  expect(await deliver()).toEqual({ sent: 0, failed: 0 });
  expect(mails).toHaveLength(1);
  expect(mails[0]).toMatch(/^Message-ID: <notification-\d+-\d+@example.org>/m);
  const [post] = posts;
  expect(JSON.parse(post?.body ?? '')).toMatchObject({ subject: 'approval/17', title: 'To decide: major repair' });
  const { 'ganzhi-timestamp': at, 'ganzhi-signature': signature } = post?.headers ?? {};
  expect(signature).toBe(signatureOf('shared', Number(at), post?.body ?? ''));
});

test('quiet hours hold it back till their end; what is urgent goes at once', async () => {
  await channel('webhook', hook(), [11 * 60, 14 * 60]);
  await tell();
  expect(await deliver()).toEqual({ sent: 0, failed: 0 });
  await tell(true);
  expect(await deliver()).toEqual({ sent: 1, failed: 0 });
  clock.now = NOON + 2 * HOUR;
  expect(await deliver()).toEqual({ sent: 1, failed: 0 });
});

test('a receiver that fails is tried again five times, then given up with its reason', async () => {
  await channel('webhook', hook());
  await tell();
  status = 500;
  for (let i = 0; i < 7; i++) {
    await deliver();
    clock.now += DAY;
  }
  expect(posts).toHaveLength(6);
  expect(await deliveries()).toEqual([{ state: 'given-up', attempts: 6, last_error: 'the receiver answered 500' }]);
});

test('one failing channel does not hold up the other', async () => {
  await channel('webhook', 'http://127.0.0.1:1/hook');
  await channel('email', 'manager@example.org');
  await tell();
  expect(await deliver()).toEqual({ sent: 1, failed: 1 });
  expect((await deliveries()).map(({ state }) => state)).toEqual(['waiting', 'sent']);
});

test('a webhook goes only where the operator allows, and follows nobody', async () => {
  await channel('webhook', hook());
  await tell();
  expect(await deliver([])).toEqual({ sent: 0, failed: 1 });
  expect(posts).toEqual([]);
  status = 302;
  clock.now += MINUTE;
  expect(await deliver()).toEqual({ sent: 0, failed: 1 });
  expect(posts).toHaveLength(1);
});

test('two processes never send the same', async () => {
  await channel('webhook', hook());
  for (let i = 0; i < 20; i++) await tell();
  const results = await Promise.all([deliver(), deliver()]);
  expect(results.reduce((sum, { sent }) => sum + sent, 0)).toBe(20);
  expect(posts).toHaveLength(20);
});

test('seen and acted are the person’s own', async () => {
  await tell();
  const { rows } = await db.query<{ id: bigint }>('select id from platform.notification');
  const id = rows[0]?.id ?? 0n;
  expect(await withTx(db, (tx) => markSeen(tx, user + 1, id, NOON))).toBe(false);
  expect(await withTx(db, (tx) => markSeen(tx, user, id, NOON))).toBe(true);
  await withTx(db, (tx) => markActed(tx, user, 'approval/17', NOON + HOUR));
  const { rows: kept } = await db.query('select seen_at, acted_at from platform.notification');
  expect(kept).toEqual([{ seen_at: NOON, acted_at: NOON + HOUR }]);
});

test.each([
  ['22:30', 22 * 60, 7 * 60, '2026-11-24T07:00'],
  ['03:00', 22 * 60, 7 * 60, '2026-11-23T07:00'],
  ['07:00', 22 * 60, 7 * 60, '2026-11-23T07:00'],
  ['13:00', 12 * 60, 14 * 60, '2026-11-23T14:00'],
  ['14:00', 12 * 60, 14 * 60, '2026-11-23T14:00'],
  ['13:00', 60, 60, '2026-11-23T13:00'],
])('at %s with rest from %d to %d it goes at %s', (time, fromMinute, toMinute, expected) => {
  const now = Date.parse(`2026-11-23T${time}:00+08:00`);
  expect(sendAt(now, { fromMinute, toMinute }, false)).toBe(Date.parse(`${expected}:00+08:00`));
  expect(sendAt(now, { fromMinute, toMinute }, true)).toBe(now);
});

test('pauses grow, then end', () => {
  expect([1, 2, 3, 4, 5, 6].map((n) => retryAt(0, n))).toEqual([
    MINUTE,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    12 * HOUR,
    undefined,
  ]);
});
