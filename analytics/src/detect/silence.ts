import { MINUTE, SECOND } from '@ganzhi/schemas';
import { atMeter, type Finding } from '../rules/detect/finding.ts';
import type { ListedMeter } from './meters.ts';
import type { Client } from './options.ts';

interface Silence {
  readonly meterId: number;
  readonly fromTs: number;
  /** Null while it lasts. */
  readonly toTs: number | null;
  readonly failures: number;
  readonly code: string | null;
}

/** A step up to this length is booked: shorter silence is none. */
const bookableMs = ({ intervalS }: ListedMeter): number => Math.max(30 * MINUTE, 1.5 * intervalS * SECOND);

/**
 * Readings that never came: undistributed spans in which no reading was set aside, and meters that have fallen silent while their
 * gateway goes on. With failed reads inside, the meter did not answer; without, nobody knows.
 */
export async function findSilence(
  client: Client,
  meters: readonly ListedMeter[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<Finding[]> {
  const byId = new Map(meters.map((meter) => [meter.id, meter]));
  const { rows } = await client.query<Silence>(
    `with silent as (
       select s.meter_id, s.from_ts, s.to_ts
       from unnest($1::int4[], $2::int2[]) as w(meter_id, point)
       join ledger.span s on s.meter_id = w.meter_id and s.point = w.point
         and s.class = 'undistributed' and s.evidence ->> 'kind' = 'gap' and s.from_ts < $4 and s.to_ts > $3
       where not exists (select from ledger.decision d where d.meter_id = s.meter_id and d.point = s.point
         and d.effect = 'set-aside' and d.from_ts < s.to_ts and d.to_ts > s.from_ts)
       union all
       select w.meter_id, l.ts, null
       from unnest($1::int4[], $2::int2[], $5::int8[]) as w(meter_id, point, bookable_ms)
       join metering.latest l on l.meter_id = w.meter_id and l.point = w.point
       join registry.meter m on m.id = w.meter_id
       cross join lateral (select max(o.ts) as ts from registry.meter x
         join metering.latest o on o.meter_id = x.id and o.point = registry.booked_point(x.medium)
         where x.gateway_id = m.gateway_id) newest
       where l.ts < least($4, newest.ts) - w.bookable_ms * interval '1 millisecond')
     select s.meter_id as "meterId", s.from_ts as "fromTs", s.to_ts as "toTs", coalesce(sum(f.failures), 0)::int4 as failures,
       max(f.code) as code
     from silent s
     left join metering.failure_hour f on f.meter_id = s.meter_id and f.hour > s.from_ts - interval '1 hour'
       and f.hour < coalesce(s.to_ts, 'infinity') and f.last_ts > s.from_ts and f.first_ts < coalesce(s.to_ts, 'infinity')
     group by s.meter_id, s.from_ts, s.to_ts`,
    [
      meters.map(({ id }) => id),
      meters.map(({ point }) => point),
      new Date(fromMs),
      new Date(toMs),
      meters.map((meter) => String(bookableMs(meter))),
    ],
  );
  return rows.flatMap(({ meterId, fromTs, toTs, failures, code }) => {
    const meter = byId.get(meterId);
    if (!meter) return [];
    return atMeter(meterId, {
      kind: failures > 0 ? 'dead-slave' : 'gap',
      fromMs: Math.min(fromTs + meter.intervalS * SECOND, toTs ?? Number.POSITIVE_INFINITY),
      toMs: toTs ?? undefined,
      evidence: code === null ? { expectedEveryS: meter.intervalS } : { failedReads: failures, failure: code },
    });
  });
}
