import { createHash } from 'node:crypto';
import { DAY, MINUTE } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { type Harness, harness, until } from './harness.ts';
import { batchOf, Publisher } from './publisher.ts';

const clock = { now: () => Date.now() };
const READ_AT = Math.floor(Date.now() / MINUTE) * MINUTE - 10 * MINUTE;
const reading = (m: string, k = 0, p = 'energy.import') => ({ m, p, t: READ_AT - k * MINUTE, x: k + 1 });

interface Filter {
  reason?: string;
  gateway?: string;
  meter?: string;
  point?: string;
}

/** Requests a replay as the API does. */
async function request({ owner }: Harness, { reason, gateway, meter, point }: Filter): Promise<bigint> {
  const { rows } = await owner.query<{ id: bigint }>(
    `insert into metering.quarantine_replay (requested_by, reason, meter, point, gateways, up_to, matched)
     select 'tester', $1, $3, $4, coalesce(array_agg(distinct gateway_code), '{}'), coalesce(max(id), 0), count(*)
     from metering.quarantine where $2::text is null or gateway_code = $2 returning id`,
    [reason, gateway, meter, point],
  );
  return rows[0]?.id ?? 0n;
}

async function finished(city: Harness, id: bigint): Promise<unknown> {
  const sql =
    'select stored, left_aside as left, refused from metering.quarantine_replay where id = $1 and finished_at is not null';
  await until(async () => (await city.rows(sql, [id])).length > 0);
  return (await city.rows(sql, [id]))[0];
}

const register = (city: Harness, code: string, gateway = 'GW-0001') =>
  city.owner.query(
    `with m as (
       insert into registry.meter (code, institution_id, gateway_id, name_zh, name_en, medium, role, template)
       select $1, institution_id, id, '新表', 'New', 'electricity', 'main', 'eastron-sdm630' from registry.gateway where code = $2
       returning id)
     insert into registry.point select id, 1, 2 from m`,
    [code, gateway],
  );

const values = (city: Harness) =>
  city.rows('select m.code, r.value from metering.reading r join registry.meter m on m.id = r.meter_id order by 1, 2');

test('after the meter was registered its readings come out of quarantine, once, however often it is asked', async () => {
  const city = await harness({ clock });
  const gateway = await city.connect();
  await gateway.send(
    batchOf([reading('M-1'), ...Array.from({ length: 600 }, (_, k) => reading('M-NEW', k)), reading('M-404')]),
  );
  expect(await city.rows('select count(*) from metering.quarantine')).toEqual([{ count: 601n }]);
  await register(city, 'M-NEW');

  const jobs = [await request(city, { reason: 'unknown-meter' }), await request(city, { reason: 'unknown-meter' })];
  expect(await finished(city, jobs[0] ?? 0n)).toEqual({ stored: 600n, left: 0n, refused: 1n });
  expect(await finished(city, jobs[1] ?? 0n), 'only what was still there').toEqual({
    stored: 0n,
    left: 0n,
    refused: 1n,
  });
  expect(await city.rows('select count(*), sum(value) from metering.reading where value < 100000')).toEqual([
    { count: 601n, sum: String(100 + (600 * 601 * 100) / 2) },
  ]);
  expect(await city.rows('select from metering.reading_revision')).toEqual([]);
  expect(await city.rows('select payload from metering.quarantine where resolved_at is null')).toEqual([
    { payload: { ...reading('M-404'), q: 0 } },
  ]);
  const marked = (await city.rows(
    "select min(from_ts) as from, max(to_ts) as to from metering.dirty_span d join registry.meter m on m.id = d.meter_id where m.code = 'M-NEW'",
  )) as unknown[];
  expect(marked, 'the ledger is told').toEqual([{ from: READ_AT - 599 * MINUTE, to: READ_AT }]);
  await until(
    async () =>
      (
        await city.rows(
          "select from metering.latest l join registry.meter m on m.id = l.meter_id where m.code = 'M-NEW'",
        )
      ).length > 0,
  );
  const metrics = await (await fetch(`http://127.0.0.1:${city.ingest.httpPort}/metrics`)).text();
  expect(metrics).toContain('ganzhi_ingest_readings_total{source="quarantine",result="stored"} 600');
});

test('only what was asked for: by gateway, meter and point; with the reason of now where it is still refused', async () => {
  const city = await harness({ clock }, { gateways: ['GW-0001', 'GW-0002'], meters: [{ code: 'M-1' }] });
  const [one, two] = [await city.connect('GW-0001'), await city.connect('GW-0002')];
  await one.send(batchOf([reading('M-A'), reading('M-B'), reading('M-B', 1, 'power')]));
  await two.send(batchOf([reading('M-A', 2)]));
  for (const code of ['M-A', 'M-B']) await register(city, code);
  expect(await finished(city, await request(city, { gateway: 'GW-0002' }))).toMatchObject({ stored: 0n, refused: 1n });
  expect(await city.rows("select reason from metering.quarantine where gateway_code = 'GW-0002'")).toEqual([
    { reason: 'foreign-meter' },
  ]);
  expect(await finished(city, await request(city, { meter: 'M-B', point: 'energy.import' }))).toMatchObject({
    stored: 1n,
  });
  expect(await values(city)).toEqual([{ code: 'M-B', value: 100n }]);
  expect(await finished(city, await request(city, { gateway: 'GW-0001' }))).toMatchObject({ stored: 1n, refused: 1n });
  expect(await city.rows("select reason from metering.quarantine where payload->>'p' = 'power'")).toEqual([
    { reason: 'unknown-point' },
  ]);
});

test("another maker's tag, once it is mapped, is stored in our unit; one that is left aside is done with", async () => {
  const city = await harness({ clock });
  await city.owner.query("update registry.gateway set dialect = 'thingsboard'");
  const message = [{ ts: READ_AT, values: { wh: 12_345, noise: 1, free: 5 } }];
  const insert = (tag: string, x: number) =>
    city.owner.query(
      `insert into metering.quarantine (gateway_code, reason, detail, payload, digest) values ('GW-0001', 'unknown-meter', '', $1, $2)`,
      [JSON.stringify({ m: 'GW-0001', p: tag, t: READ_AT, x, q: 0 }), createHash('sha256').update(tag).digest()],
    );
  for (const [tag, x] of Object.entries(message[0]?.values ?? {})) await insert(tag, x);
  await city.owner.query(
    `insert into registry.dialect_tag (gateway_id, device, tag, meter_id, point, power_of_ten)
     select g.id, '', t.tag, case when t.tag = 'wh' then m.id end, case when t.tag = 'wh' then 1 end, case when t.tag = 'wh' then -3 else 0 end
     from registry.gateway g, registry.meter m, unnest('{wh,noise}'::text[]) t(tag)`,
  );
  expect(await finished(city, await request(city, {}))).toEqual({ stored: 1n, left: 1n, refused: 1n });
  expect(await values(city)).toEqual([{ code: 'M-1', value: 1235n }]);
});

test('a whole message of a gateway that was unknown is stored with its own batch id; sent again it is known', async () => {
  const city = await harness({ clock });
  const batch = batchOf([reading('M-LATER'), reading('M-404')]);
  await city.owner.query(
    `insert into metering.quarantine (gateway_code, reason, detail, payload, digest)
     values ('GW-0009', 'unknown-gateway', '', $1, sha256('x'))`,
    [JSON.stringify({ message: JSON.stringify(batch) })],
  );
  expect(await finished(city, await request(city, {}))).toMatchObject({ stored: 0n, refused: 1n });
  await city.owner.query(
    `insert into registry.gateway (code, institution_id, name_zh, name_en, token_sha256)
     select 'GW-0009', institution_id, '新', 'New', sha256('token-of-GW-0009') from registry.gateway`,
  );
  await register(city, 'M-LATER', 'GW-0009');
  expect(await finished(city, await request(city, { reason: 'unknown-gateway' }))).toMatchObject({
    stored: 1n,
    refused: 0n,
  });
  expect(await values(city)).toEqual([{ code: 'M-LATER', value: 100n }]);
  expect(await city.rows('select reason from metering.quarantine where resolved_at is null')).toEqual([
    { reason: 'unknown-meter' },
  ]);
  const gateway = await Publisher.connect(city.ingest.mqttPort, 'GW-0009');
  await gateway.send(batch);
  await gateway.close();
  expect(await city.rows('select batch::text from metering.batch')).toEqual([{ batch: batch.batch }]);
  expect(await city.rows('select from metering.quarantine')).toHaveLength(2);
});

test('a reading from the future stays one, however long it has waited; so does what is no reading', async () => {
  const city = await harness({ clock });
  await city.owner.query(
    `insert into metering.quarantine (received_at, gateway_code, reason, detail, payload, digest) values
       (now() - interval '3 days', 'GW-0001', 'future-time', '', $1, sha256('a')),
       (now(), 'GW-0001', 'clock-unset', '', $2, sha256('b')),
       (now(), 'GW-0001', 'invalid-payload', '', '{"head":"x"}', sha256('c'))`,
    [
      JSON.stringify({ m: 'M-1', p: 'energy.import', t: Date.now() - 2 * DAY, x: 1 }),
      JSON.stringify({ m: 'M-1', p: 'energy.import', t: READ_AT, x: 1 }),
    ],
  );
  expect(await finished(city, await request(city, {}))).toEqual({ stored: 0n, left: 0n, refused: 3n });
  expect(await values(city)).toEqual([]);
  expect(await city.rows('select reason from metering.quarantine order by id')).toEqual([
    { reason: 'future-time' },
    { reason: 'clock-unset' },
    { reason: 'invalid-payload' },
  ]);
});

test('what the database refuses costs only itself; two processes and killed connections neither lose nor double', async () => {
  const city = await harness({ clock });
  await city.start();
  await city.owner.query('alter table metering.reading add constraint no_devil check (value <> 66600)');
  const gateway = await city.connect();
  for (let k = 0; k < 3; k += 1) {
    await gateway.send(batchOf(Array.from({ length: 500 }, (_, i) => reading('M-NEW', 500 * k + i))));
  }
  await register(city, 'M-NEW');
  const killer = await city.superuser();
  const jobs = [await request(city, {}), await request(city, {}), await request(city, { meter: 'M-NEW' })];
  for (let k = 0; k < 10; k += 1) {
    await killer.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'ganzhi ingest'",
    );
    await new Promise((done) => setTimeout(done, 100));
  }
  for (const job of jobs) await finished(city, job);
  expect(await city.rows('select count(*), count(distinct ts) as times from metering.reading')).toEqual([
    { count: 1_499n, times: 1_499n },
  ]);
  expect(await city.rows('select from metering.reading_revision')).toEqual([]);
  expect(await city.rows('select reason, payload from metering.quarantine where resolved_at is null')).toEqual([
    { reason: 'invalid-payload', payload: { ...reading('M-NEW', 665), q: 0 } },
  ]);
  expect(await city.rows('select sum(stored)::int8 as stored from metering.quarantine_replay')).toEqual([
    { stored: 1_499n },
  ]);
});
