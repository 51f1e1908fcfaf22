import { HOUR, quantityByCode } from '@ganzhi/schemas';
import { atMeter, type Finding, overlapMs } from '../rules/detect/finding.ts';
import type { ListedMeter } from './meters.ts';
import type { Client } from './options.ts';
import type { loadDecisions } from './registers.ts';

type Decisions = Awaited<ReturnType<typeof loadDecisions>>;

/** The gauge that shows at every reading what the booked counter adds up. */
const GAUGES: Readonly<Record<string, number | undefined>> = {
  electricity: quantityByCode('power')?.id,
  water: quantityByCode('water.flow')?.id,
};
/** Whole hours without movement in a row, and readings in them that all show the same. */
const FEWEST_HOURS = 2;
const FEWEST_READINGS = 8;
/** A gauge of fewer steps may well repeat itself. */
const FEWEST_STEPS = 20;

/**
 * Displays that stand still: plateaus that the classifier has set aside, and registers that do not move while their gauge shows the very
 * same flow at every reading, be it over or not.
 */
export async function findFrozen(
  client: Client,
  meters: readonly ListedMeter[],
  decisions: Decisions,
  span: { fromMs: number; toMs: number },
): Promise<Finding[]> {
  const plateaus = decisions.flatMap(({ meterId, kind, fromTs, toTs, evidence }) =>
    kind === 'frozen'
      ? atMeter(meterId, {
          kind: 'frozen',
          fromMs: fromTs,
          toMs: toTs,
          evidence: { register: evidence.r0 ?? '', readings: evidence.readings ?? 0 },
        })
      : [],
  );
  const known = Map.groupBy(plateaus, ({ unit }) => unit);
  const stuck = await findStuckGauges(client, meters, span);
  return [
    ...plateaus,
    ...stuck.filter((finding) => !known.get(finding.unit)?.some((plateau) => overlapMs(plateau, finding) > 0)),
  ];
}

async function findStuckGauges(
  client: Client,
  meters: readonly ListedMeter[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<Finding[]> {
  const gauged = meters.flatMap((meter) => {
    const gauge = GAUGES[meter.medium];
    return gauge === undefined ? [] : [{ meter, gauge }];
  });
  const { rows } = await client.query<{ meterId: number; fromTs: number; toTs: number; value: string; n: number }>(
    `with still as (
       select w.meter_id, w.gauge, h.hour,
         h.hour - row_number() over (partition by w.meter_id order by h.hour) * interval '1 hour' as island
       from unnest($1::int4[], $2::int2[], $3::int2[]) as w(meter_id, point, gauge)
       join ledger.hour h on h.meter_id = w.meter_id and h.point = w.point and h.counts = 0 and h.hour >= $4 and h.hour < $5)
     select i.meter_id as "meterId", i.from_ts as "fromTs", i.to_ts as "toTs", g.value::text as value, g.n
     from (select meter_id, gauge, min(hour) as from_ts, max(hour) + interval '1 hour' as to_ts from still
       group by meter_id, gauge, island having count(*) >= ${FEWEST_HOURS}) i
     cross join lateral (select min(r.value) as value, max(r.value) as highest, count(*)::int4 as n from metering.reading r
       where r.meter_id = i.meter_id and r.point = i.gauge and r.ts >= i.from_ts and r.ts < i.to_ts) g
     where g.value = g.highest and g.value >= ${FEWEST_STEPS} and g.n >= ${FEWEST_READINGS}`,
    [
      gauged.map(({ meter }) => meter.id),
      gauged.map(({ meter }) => meter.point),
      gauged.map(({ gauge }) => gauge),
      new Date(fromMs),
      new Date(toMs),
    ],
  );
  return rows.map(({ meterId, fromTs, toTs, value, n }) =>
    atMeter(meterId, {
      kind: 'frozen',
      fromMs: fromTs,
      toMs: toTs > toMs - HOUR ? undefined : toTs,
      evidence: { gaugeCounts: value, readings: n },
    }),
  );
}
