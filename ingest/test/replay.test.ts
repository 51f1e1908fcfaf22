import { MINUTE } from '@ganzhi/schemas';
import { expect, test } from 'vitest';
import { type Harness, harness, NOW, until } from './harness.ts';
import { batchOf } from './publisher.ts';

const GATEWAYS = Array.from({ length: 6 }, (_, k) => `GW-000${k + 1}`);
const REGISTRY = { gateways: GATEWAYS, meters: GATEWAYS.map((gateway) => ({ code: `M-${gateway}`, gateway })) };
const reading = (gateway: string, k: number) => ({ m: `M-${gateway}`, p: 'energy.import', t: NOW - k * MINUTE, x: k });

async function metricsOf({ ingest }: Harness): Promise<(name: string) => number> {
  const text = await (await fetch(`http://127.0.0.1:${ingest.httpPort}/metrics`)).text();
  return (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

test('who replays is granted an equal share on down/ack, live values are not; progress is kept as rows', async () => {
  const city = await harness({}, REGISTRY);
  const [one, two] = [await city.connect('GW-0001'), await city.connect('GW-0002')];
  const batches = Array.from({ length: 3 }, (_, k) =>
    batchOf([reading('GW-0001', 2 * k + 1), reading('GW-0001', 2 * k + 2)], { replay: true }),
  );
  for (const batch of batches) await one.send(batch);
  await two.send(batchOf([reading('GW-0002', 1)], { replay: true }));
  await two.send(batchOf([reading('GW-0002', 0)]));
  await until(() => one.acks.length === 3 && two.acks.length === 2);
  expect(one.acks.every(({ grant }) => grant && grant.replayPerS > 0 && grant.forS === 30)).toBe(true);
  const [first, last] = [one.acks[0]?.grant?.replayPerS ?? 0, two.acks[0]?.grant?.replayPerS ?? 0];
  expect(last, 'half of what one alone was granted').toBe(Math.floor(first / 2));
  expect(two.acks[1]?.grant).toBeUndefined();

  const metric = await metricsOf(city);
  expect(metric('ganzhi_ingest_replay_gateways')).toBe(2);
  expect(metric('ganzhi_ingest_replay_granted_readings_per_second')).toBe(first);
  const progress = () =>
    city.rows(
      `select g.code, r.readings, r.granted_per_s from metering.gateway_replay r join registry.gateway g on g.id = r.gateway_id
       where r.rate_per_s > 0 order by 1`,
    );
  await until(async () => (await progress()).length === 2);
  expect(await progress()).toEqual([
    { code: 'GW-0001', readings: 6n, granted_per_s: BigInt(first) },
    { code: 'GW-0002', readings: 1n, granted_per_s: BigInt(last) },
  ]);
});

test('a backlog that was silent for ten minutes is over: the next one counts from the start', async () => {
  const city = await harness({}, REGISTRY);
  const gateway = await city.connect('GW-0001');
  const replayed = async (n: bigint) => {
    await until(
      async () => (await city.rows('select from metering.gateway_replay where readings = $1', [n])).length > 0,
    );
  };
  await gateway.send(batchOf([reading('GW-0001', 1), reading('GW-0001', 2)], { replay: true }));
  await replayed(2n);
  await gateway.send(batchOf([reading('GW-0001', 3)], { replay: true }));
  await replayed(3n);
  await city.owner.query(
    "update metering.gateway_replay set last_at = last_at - interval '11 minutes', since = since - interval '1 day'",
  );
  await gateway.send(batchOf([reading('GW-0001', 4)], { replay: true }));
  await replayed(1n);
  expect(await city.rows("select from metering.gateway_replay where since > now() - interval '1 hour'")).toHaveLength(
    1,
  );
});

test('a gateway that sends a hundred times its share, live or replayed, waits by turns: the others are in the next transaction', async () => {
  const city = await harness({ batchRows: 100 }, REGISTRY);
  const blocker = await city.superuser();
  await blocker.query("select metering.ensure_partition('metering.reading', $1)", [new Date(NOW).toISOString()]);
  const [flood, ...polite] = await Promise.all(GATEWAYS.map((code) => city.connect(code)));
  if (!flood) throw new Error('no gateway');
  await blocker.query('begin');
  await blocker.query('lock table metering.batch in exclusive mode');
  const queued = async () => (await metricsOf(city))('ganzhi_ingest_queue_readings');
  const FLOOD = 100;
  const sent = Array.from({ length: FLOOD }, (_, k) =>
    flood.send(
      batchOf(
        Array.from({ length: 20 }, (_, i) => reading('GW-0001', 20 * k + i)),
        { replay: k % 2 === 0 },
      ),
    ),
  );
  // the embedded broker reads some of a client's publishes ahead, and waits with the rest
  const AHEAD = 20 * 21;
  await until(async () => (await queued()) > AHEAD);
  const others = polite.map((gateway) => gateway.send(batchOf([reading(gateway.code, 0)])));
  // rows are counted with one more for each message: what is not a multiple of 21 are the others
  await until(async () => (await queued()) % 21 === (2 * polite.length) % 21);
  await blocker.query('commit');
  await Promise.all([...others, ...sent]);
  const order = (await city.rows(
    `select g.code, b.xmin::text::int8 as tx from metering.batch b join registry.gateway g on g.id = b.gateway_id order by b.id`,
  )) as { code: string; tx: bigint }[];
  const transactions = [...Map.groupBy(order, ({ tx }) => tx).values()].map(
    (rows) => new Set(rows.map(({ code }) => code)),
  );
  const served = transactions.slice(0, 5).flatMap((codes) => [...codes]);
  expect(new Set(served)).toEqual(new Set(GATEWAYS));
  expect(transactions.length, 'the flood needs many more').toBeGreaterThan(8);
  expect(await city.rows('select count(*) from metering.reading')).toEqual([
    { count: BigInt(20 * FLOOD + polite.length) },
  ]);
});
