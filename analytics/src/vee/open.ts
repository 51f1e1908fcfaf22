import { BOOKED_COUNTER, DAY, hourStart } from '@ganzhi/schemas';
import { type Db, type Tx, withTx } from '@ganzhi/schemas/db';
import { lockLanes } from '../ledger/marks.ts';
import { instant, textArray } from '../ledger/sql.ts';
import { estimateOpen, LONGEST_ESTIMATE_MS } from '../rules/estimate.ts';
import { basesOf, type Stretch } from './basis.ts';
import { type EstimateRow, writeEstimates } from './write.ts';

/** Registers of one round: at most a month of hours each. */
const REGISTERS_PER_ROUND = 200;
/** A register is silent when it is late by three of its intervals, and by an hour at least. */
const LATE_INTERVALS = 3;

/**
 * Estimates the hours since registers fell silent (domain handbook §4, estimate 4): by a check meter, by parent less siblings,
 * by the sub-meters, else like the last like days; at most 31 days after the last register. Nothing bears the amount out,
 * so these rows are `unsettled`: shown and priced apart, never booked, never in a total. They go when the register is heard
 * again (ledger/hours of a recomputation take their place).
 *
 * @returns registers estimated anew or further; 0 when nothing is to be done
 */
export async function estimateOpenGaps(db: Db, { now }: { readonly now: number }): Promise<number> {
  await withTx(db, removeHeard);
  let estimated = 0;
  for (let after = 0; ; ) {
    const { last, registers } = await withTx(db, (tx) => estimateSome(tx, now, after));
    estimated += registers;
    if (last === undefined) return estimated;
    after = last;
  }
}

async function estimateSome(tx: Tx, now: number, after: number): Promise<{ last?: number; registers: number }> {
  await lockLanes(tx);
  const silent = await silentRegisters(tx, now, after);
  const bases = silent.length === 0 ? [] : await basesOf(tx, silent);
  const rows = silent.flatMap((register, i): EstimateRow[] => {
    const basis = bases[i];
    const estimate = basis && estimateOpen(register, basis);
    if (!estimate) return [];
    const { meterId, point, fromTs, ratio } = register;
    return estimate.hours.map((hour) => ({ meterId, point, fromTs, ratio, method: estimate.method, ...hour }));
  });
  await writeEstimates(tx, rows, { now, unsettled: true });
  const last = silent.at(REGISTERS_PER_ROUND - 1)?.meterId;
  return { ...(last === undefined ? {} : { last }), registers: new Set(rows.map(({ meterId }) => meterId)).size };
}

/** A register that has told something since is not silent any more, even when a round did not come by yet. */
async function removeHeard(tx: Tx): Promise<void> {
  await tx.query(
    `delete from ledger.estimate e where e.unsettled and exists (
       select from metering.reading r where r.meter_id = e.meter_id and r.point = e.point and r.quality <> 2 and r.ts > e.from_ts)`,
  );
}

/** Registers whose estimate does not reach the last full hour yet. */
async function silentRegisters(tx: Tx, now: number, after: number): Promise<(Stretch & { readonly ratio: bigint })[]> {
  const { rows } = await tx.query<Stretch & { ratio: bigint }>(
    `select m.id as "meterId", p.point, last.ts as "fromTs", reach.until as "toTs",
       coalesce((select r.ct::int8 * r.pt from registry.meter_ratio r where r.meter_id = m.id and r.valid_from <= last.ts
         order by r.valid_from desc limit 1), 1) as ratio
     from registry.meter m
     join registry.point p on p.meter_id = m.id and p.point = any($1::int2[]) and p.point = registry.booked_point(m.medium)
     cross join lateral (select r.ts from metering.reading r where r.meter_id = m.id and r.point = p.point and r.quality <> 2
       order by r.ts desc limit 1) last
     cross join lateral (select date_trunc('hour', least($2::timestamptz, last.ts + $3 * interval '1 ms')) as until) reach
     where m.gateway_id is not null and m.id > $7
       and last.ts < $2::timestamptz - greatest(interval '1 hour', $4 * m.interval_s * interval '1 s')
       and last.ts > $2::timestamptz - $5 * interval '1 ms'
       and coalesce((select max(e.hour) + interval '1 hour' from ledger.estimate e
         where e.unsettled and e.meter_id = m.id and e.point = p.point and e.from_ts = last.ts), last.ts)
         < reach.until
     order by m.id limit $6`,
    [
      Object.values(BOOKED_COUNTER).map(({ id }) => id),
      new Date(hourStart(now)),
      LONGEST_ESTIMATE_MS,
      LATE_INTERVALS,
      LONGEST_ESTIMATE_MS + DAY,
      REGISTERS_PER_ROUND,
      after,
    ],
  );
  return rows;
}

/** Takes away the estimates of registers that are heard again, in the transaction of what takes their place. */
export async function removeOvertaken(
  tx: Tx,
  registers: readonly { readonly meterId: number; readonly point: number; readonly lastTs: number }[],
): Promise<void> {
  if (registers.length === 0) return;
  await tx.query(
    `delete from ledger.estimate e using unnest($1::int4[], $2::int2[], $3::timestamptz[]) as w(meter_id, point, last_ts)
     where e.unsettled and e.meter_id = w.meter_id and e.point = w.point and e.from_ts < w.last_ts`,
    [
      textArray(registers.map(({ meterId }) => meterId)),
      textArray(registers.map(({ point }) => point)),
      textArray(registers.map(({ lastTs }) => instant(lastTs))),
    ],
  );
}
