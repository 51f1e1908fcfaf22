import { MINUTE, SECOND } from '@ganzhi/schemas';
import { type Arrival, type Stretch, sentBackwards, sentLate, sentTwice } from '../rules/detect/arrivals.ts';
import { clockDrifts } from '../rules/detect/clock.ts';
import { type Finding, rounded } from '../rules/detect/finding.ts';
import { chunksOf, type ListedMeter } from './meters.ts';
import type { Client } from './options.ts';

/** Meters of a gateway whose readings stand for all: one of them may be silent. */
const SAMPLE = 4;
const GATEWAYS_AT_A_TIME = 50;

interface Gateway {
  readonly id: number;
  readonly divisionCode: string;
  readonly intervalMs: number;
  readonly meters: readonly ListedMeter[];
  readonly sample: readonly ListedMeter[];
}

/** How the readings of gateways came: clocks that drift, what was sent twice, backwards or late; divisions that were cut off. */
export async function findInArrival(
  client: Client,
  meters: readonly ListedMeter[],
  span: { fromMs: number; toMs: number },
): Promise<Finding[]> {
  const gateways = gatewaysOf(meters);
  const found: Finding[] = [];
  const late: { gateway: Gateway; stretch: Stretch }[] = [];
  for (const some of chunksOf(gateways, GATEWAYS_AT_A_TIME)) {
    const arrivals = await loadArrivals(client, some, span);
    for (const gateway of some) {
      const own = arrivals.get(gateway.id) ?? [];
      found.push(...ofGateway(gateway, own));
      late.push(...sentLate(own, gateway.intervalMs).map((stretch) => ({ gateway, stretch })));
    }
  }
  return [...found, ...outages(gateways, late)];
}

function gatewaysOf(meters: readonly ListedMeter[]): Gateway[] {
  const byGateway = Map.groupBy(meters, ({ gatewayId }) => gatewayId);
  return [...byGateway].flatMap(([id, own]) => {
    const [first] = own;
    if (id === null || !first) return [];
    const intervalS = Math.min(...own.map((meter) => meter.intervalS));
    const sample = own.filter((meter) => meter.intervalS === intervalS).slice(0, SAMPLE);
    return [{ id, divisionCode: first.divisionCode, intervalMs: intervalS * SECOND, meters: own, sample }];
  });
}

const atGateway = (gateway: Gateway, finding: Pick<Finding, 'kind' | 'fromMs' | 'toMs' | 'evidence'>): Finding => ({
  unitKind: 'gateway',
  unit: `gateway/${gateway.id}`,
  meterIds: gateway.meters.map(({ id }) => id),
  ...finding,
});

function ofGateway(gateway: Gateway, arrivals: readonly Arrival[]): Finding[] {
  const { intervalMs } = gateway;
  const times = [...new Set(arrivals.flatMap((arrival) => arrival.times))].sort((a, b) => a - b);
  const stretches = [
    ...sentTwice(arrivals, intervalMs).map((stretch) => ({ kind: 'duplicate' as const, ...stretch })),
    ...sentBackwards(arrivals, intervalMs).map((stretch) => ({ kind: 'reordering' as const, ...stretch })),
  ];
  return [
    ...clockDrifts(times, intervalMs).map(({ fromMs, toMs, lasts, offMs }) =>
      atGateway(gateway, {
        kind: 'clock-drift',
        fromMs,
        toMs: lasts ? undefined : toMs,
        evidence: { furthestOffS: rounded(offMs / SECOND, 0) },
      }),
    ),
    ...stretches.map(({ kind, fromMs, toMs, messages }) =>
      atGateway(gateway, { kind, fromMs, toMs, evidence: { messages } }),
    ),
  ];
}

/** The same hours missing at so many of a division's gateways are the division's. */
const SHARE_OF_DIVISION = 0.5;
const FEWEST_GATEWAYS = 2;

/**
 * What came late at half of a division's gateways or more, for the same hours, was the division cut off; else each gateway was late on
 * its own.
 */
function outages(gateways: readonly Gateway[], late: readonly { gateway: Gateway; stretch: Stretch }[]): Finding[] {
  const sizes = Map.groupBy(gateways, ({ divisionCode }) => divisionCode);
  return [...Map.groupBy(late, ({ gateway }) => gateway.divisionCode)].flatMap(([division, inDivision]) =>
    alike(inDivision).flatMap((cluster): Finding[] => {
      const enough = Math.max(FEWEST_GATEWAYS, (sizes.get(division)?.length ?? 0) * SHARE_OF_DIVISION);
      if (new Set(cluster.map(({ gateway }) => gateway.id)).size < enough) {
        return cluster.map(({ gateway, stretch: { fromMs, toMs, messages } }) =>
          atGateway(gateway, { kind: 'late-backfill', fromMs, toMs, evidence: { messages } }),
        );
      }
      return [
        {
          kind: 'division-outage',
          unitKind: 'division',
          unit: `division/${division}`,
          meterIds: cluster.flatMap(({ gateway }) => gateway.meters.map(({ id }) => id)),
          fromMs: Math.min(...cluster.map(({ stretch }) => stretch.fromMs)),
          toMs: Math.max(...cluster.map(({ stretch }) => stretch.toMs)),
          evidence: { gateways: cluster.length, ofGateways: sizes.get(division)?.length ?? 0 },
        },
      ];
    }),
  );
}

/** Stretches that begin and end together, within an interval or a quarter of an hour. */
function alike(late: readonly { gateway: Gateway; stretch: Stretch }[]) {
  const clusters: { gateway: Gateway; stretch: Stretch }[][] = [];
  for (const one of late.toSorted((a, b) => a.stretch.fromMs - b.stretch.fromMs)) {
    const within = Math.max(15 * MINUTE, one.gateway.intervalMs);
    const cluster = clusters.find(
      ([first]) =>
        first !== undefined &&
        Math.abs(first.stretch.fromMs - one.stretch.fromMs) <= within &&
        Math.abs(first.stretch.toMs - one.stretch.toMs) <= within,
    );
    if (cluster) cluster.push(one);
    else clusters.push([one]);
  }
  return clusters;
}

interface Row {
  readonly gatewayId: number;
  readonly seq: number;
  readonly replay: boolean;
  readonly readings: number;
  /** Milliseconds since the epoch, as text. */
  readonly times: string | null;
}

/**
 * Messages of gateways by their numbers. Of what each brought, the stamps of the sample: a reading belongs to the message that brought it
 * first. Duplicates own nothing and have no time of their own: all messages received between the first and the last of the others count.
 */
async function loadArrivals(
  client: Client,
  gateways: readonly Gateway[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<Map<number, Arrival[]>> {
  const sample = gateways.flatMap((gateway) => gateway.sample.map((meter) => ({ gateway, meter })));
  const { rows } = await client.query<Row>(
    `with owned as materialized (
       select w.gateway_id, r.batch_id, string_agg(distinct (extract(epoch from r.ts) * 1000)::int8::text, ',') as times
       from unnest($1::int4[], $2::int4[], $3::int2[]) as w(gateway_id, meter_id, point)
       join metering.reading r on r.meter_id = w.meter_id and r.point = w.point and r.ts >= $4 and r.ts < $5
       group by w.gateway_id, r.batch_id),
     reach as (
       select o.gateway_id, min(b.received_at) as first, max(b.received_at) as last
       from owned o join metering.batch b on b.id = o.batch_id group by o.gateway_id)
     select b.gateway_id as "gatewayId", b.seq::float8 as seq, b.replay, b.readings, o.times
     from reach join metering.batch b on b.gateway_id = reach.gateway_id and b.received_at >= reach.first
       and b.received_at <= reach.last + interval '10 minutes'
     left join owned o on o.batch_id = b.id
     order by b.gateway_id, b.seq, b.id`,
    [
      sample.map(({ gateway }) => gateway.id),
      sample.map(({ meter }) => meter.id),
      sample.map(({ meter }) => meter.point),
      new Date(fromMs),
      new Date(toMs),
    ],
  );
  return Map.groupBy(
    rows.map(({ times, ...row }) => ({
      ...row,
      times: (times?.split(',') ?? []).map(Number).sort((a, b) => a - b),
    })),
    ({ gatewayId }) => gatewayId,
  );
}
