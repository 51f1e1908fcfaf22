import { MINUTE } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { atMeter, type Finding } from '../rules/detect/finding.ts';

/** So many intervals without a value, and what a transmission may take. */
const INTERVALS = 3;
const PATIENCE_MS = 5 * MINUTE;

interface SilentRow {
  id: number;
  ts: number;
  intervalS: number;
  code: string | null;
  failures: bigint | null;
}

/**
 * Meters that are silent at this moment: one statement over the newest values of the whole city. Gateways whose time is simulated have
 * no now; what never spoke is not yet in use.
 */
export async function silentMeters(db: Db, now: number): Promise<Finding[]> {
  const { rows } = await db.query<SilentRow>(
    `select m.id, l.ts, m.interval_s as "intervalS", f.code, f.failures
     from registry.meter m
     join metering.latest l on l.meter_id = m.id and l.point = registry.booked_point(m.medium)
     left join registry.gateway g on g.id = m.gateway_id
     left join metering.read_failure f on f.meter_id = m.id and f.last_at >= l.ts
     where m.retired_at is null and coalesce(g.enabled and not g.simulated_time, true)
       and l.ts < $1::timestamptz - m.interval_s * interval '1 second' * $2::int4 - $3::int8 * interval '1 millisecond'`,
    [new Date(now), INTERVALS, PATIENCE_MS],
  );
  return rows.map(({ id, ts, intervalS, code, failures }) =>
    atMeter(id, {
      kind: code === null ? 'gap' : 'dead-slave',
      fromMs: ts + intervalS * 1_000,
      toMs: undefined,
      evidence:
        code === null
          ? { expectedEveryS: intervalS }
          : { expectedEveryS: intervalS, failure: code, failedReads: Number(failures ?? 0) },
    }),
  );
}
