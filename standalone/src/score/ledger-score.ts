import { checkConservation } from '@ganzhi/analytics';
import { DAY, dayStart, HOUR } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { type ErrorSummary, Errors } from './errors.ts';
import type { TruthFiles } from './truth-files.ts';

/**
 * The ledger against the truth, meter-hour by meter-hour. The figure of an hour is what is booked in it, and, where a span
 * covers it, its estimate. Its error is a share of the meter's mean daily energy. An hour without any figure counts with all
 * of its energy as error.
 */
export interface LedgerScore {
  /** Registers whose ledger is the movement of the raw register, to the count, and all of them. */
  readonly conserved: { readonly registers: number; readonly differing: number; readonly share: number };
  /** Energy that the ledger counts (booked and undistributed) by the true one, over all meters. */
  readonly energyKnown: number;
  /** Meter-hours with a figure that is estimated, and without one. */
  readonly estimatedHours: number;
  readonly unknownHours: number;
  readonly all: ErrorSummary;
  /** Hours that no fault touches, and those that one of each kind does. */
  readonly byKind: Readonly<Record<string, ErrorSummary>>;
}

export async function scoreLedger(db: Db, truth: TruthFiles): Promise<LedgerScore> {
  const { meters, differences } = await checkConservation(db);
  const differing = new Set(differences.map(({ meterCode }) => meterCode)).size;
  const dailyEnergy = await meanDays(truth);
  const kindsAt = faultIndex(truth);
  const all = new Errors();
  const byKind = new Map<string, Errors>();
  const days = new Map<number, Map<string, Figure>>();
  let known = 0;
  let total = 0;
  let estimatedHours = 0;
  let unknownHours = 0;
  for await (const { meter, hour, counts } of truth.hours()) {
    const figure = (await dayOf(db, days, hour)).get(`${meter} ${hour}`);
    if (!figure) unknownHours += 1;
    else if (figure.isEstimated) estimatedHours += 1;
    known += figure?.counts ?? 0;
    total += counts;
    const error = Math.abs((figure?.counts ?? 0) - counts);
    const share = error === 0 ? 0 : error / (dailyEnergy.get(meter) || error);
    all.add(share);
    for (const kind of kindsAt(meter, hour)) {
      const errors = byKind.get(kind) ?? new Errors();
      byKind.set(kind, errors);
      errors.add(share);
    }
  }
  return {
    conserved: { registers: meters, differing, share: meters === 0 ? 1 : 1 - differing / meters },
    energyKnown: total === 0 ? 1 : known / total,
    estimatedHours,
    unknownHours,
    all: all.summary(),
    byKind: Object.fromEntries([...byKind].sort().map(([kind, errors]) => [kind, errors.summary()])),
  };
}

/** Mean energy of a day by meter, counts. */
async function meanDays(truth: TruthFiles): Promise<Map<string, number>> {
  const totals = new Map<string, number>();
  for await (const { meter, counts } of truth.hours()) totals.set(meter, (totals.get(meter) ?? 0) + counts);
  const days = (truth.toMs - truth.fromMs) / DAY;
  return new Map([...totals].map(([meter, total]) => [meter, total / days]));
}

/** Kinds of the faults that touch an hour of a meter; `none` when none does. */
function faultIndex({ faults }: TruthFiles): (meter: string, hour: number) => string[] {
  const byMeter = Map.groupBy(faults, ({ meter }) => meter);
  return (meter, hour) => {
    // what happens in one moment shows in the step after it
    const touching = (byMeter.get(meter) ?? []).filter(
      ({ startMs, endMs }) => startMs < hour + HOUR && Math.max(endMs, startMs + HOUR) > hour,
    );
    if (touching.length === 0) return ['none'];
    return [...new Set(touching.map(({ kind, announced }) => (announced ? `${kind} (announced)` : kind)))];
  };
}

interface Figure {
  readonly counts: number;
  readonly isEstimated: boolean;
}

/** The file goes on day by day, nearly: a few days are enough to have at hand. */
const DAYS_AT_HAND = 4;

async function dayOf(db: Db, days: Map<number, Map<string, Figure>>, hour: number): Promise<Map<string, Figure>> {
  const start = dayStart(hour);
  const known = days.get(start);
  if (known) return known;
  const loaded = await loadDay(db, start);
  days.set(start, loaded);
  if (days.size > DAYS_AT_HAND) {
    const [oldest] = days.keys();
    if (oldest !== undefined) days.delete(oldest);
  }
  return loaded;
}

async function loadDay(db: Db, start: number): Promise<Map<string, Figure>> {
  const { rows } = await db.query<{ meter: string; hour: number; counts: number; estimated: boolean }>(
    `select m.code as meter, (extract(epoch from f.hour) * 1000)::float8 as hour, sum(f.energy)::float8 as counts,
       bool_or(f.estimated) as estimated
     from (
       select meter_id, point, hour, counts::numeric * ratio as energy, false as estimated from ledger.hour
       where hour >= $1 and hour < $2
       union all
       select meter_id, point, hour, counts::numeric * ratio, true from ledger.estimate where hour >= $1 and hour < $2
       union all
       select meter_id, point, date_trunc('hour', from_ts, 'UTC'), counts::numeric * ratio, false from ledger.span
       where from_ts >= $1 and from_ts < $2 and evidence ->> 'kind' = 'ratio-change') f
     join registry.meter m on m.id = f.meter_id and registry.booked_point(m.medium) = f.point
     group by m.code, f.hour`,
    [new Date(start), new Date(start + DAY)],
  );
  return new Map(
    rows.map(({ meter, hour, counts, estimated }) => [`${meter} ${hour}`, { counts, isEstimated: estimated }]),
  );
}
