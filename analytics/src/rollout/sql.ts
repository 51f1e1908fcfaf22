import type { Db, Tx } from '@ganzhi/schemas/db';
import type { CohortFigures } from './rules.ts';

export interface RunningRollout {
  id: string;
  stage: number;
  stages: number;
  stageStartedAt: number;
  soakS: number;
  maxDrop: number;
}

/** Roll-outs to be judged, each locked for the one process that judges it. */
export async function lockRunningRollouts(tx: Tx): Promise<RunningRollout[]> {
  const { rows } = await tx.query<{
    id: string;
    stage: number;
    stages: number;
    stage_started_at: number;
    soak_s: number;
    max_drop: string;
  }>(
    `select id, stage, array_length(stages, 1) as stages, stage_started_at, soak_s, max_drop from care.rollout
     where state = 'running' for update skip locked`,
  );
  return rows.map((row) => ({
    id: row.id,
    stage: row.stage,
    stages: row.stages,
    stageStartedAt: row.stage_started_at,
    soakS: row.soak_s,
    maxDrop: Number(row.max_drop),
  }));
}

/**
 * Whoever took an order and says nothing for long after its trial should have ended counts as failed. While a person holds the
 * roll-out no image is handed out, so the time before it went on does not count.
 */
export async function markSilent(tx: Tx, rolloutId: string, now: number, patienceS: number): Promise<void> {
  await tx.query(
    `update care.rollout_gateway rg set state = 'silent', settled_at = $2
     from care.rollout r
     where r.id = $1 and rg.rollout_id = r.id and rg.state in ('ordered', 'trial')
       and greatest(rg.ordered_at, r.stage_started_at) < $2::timestamptz - make_interval(secs => r.trial_s + $3)`,
    [rolloutId, new Date(now), patienceS],
  );
}

/**
 * What the present cohort delivered with the image, and in the same length of time before its order. Times are those of the readings, so
 * what arrives late counts; the last two intervals are left out, they may be on their way. After a person resumed, only what came since.
 */
const FIGURES = `
with cohort as (
  select rg.*, r.soak_s, greatest(rg.settled_at, r.stage_started_at) as from_ts
  from care.rollout_gateway rg join care.rollout r on r.id = rg.rollout_id
  where rg.rollout_id = $1 and rg.stage = r.stage
),
spans as (
  select c.ordered_at, c.from_ts, m.id as meter_id, p.point, m.interval_s,
    least(c.soak_s, extract(epoch from $2::timestamptz - c.from_ts)::int4 - 2 * m.interval_s) as span_s
  from cohort c
  join registry.meter m on m.gateway_id = c.gateway_id
  join registry.point p on p.meter_id = m.id
  where c.state = 'confirmed'
),
counted as (
  select s.span_s / s.interval_s as due, b.n as before, a.n as after
  from spans s
  cross join lateral (
    select count(*) as n from metering.reading x where x.meter_id = s.meter_id and x.point = s.point
      and x.ts >= s.ordered_at - make_interval(secs => s.span_s) and x.ts < s.ordered_at
  ) b
  cross join lateral (
    select count(*) as n from metering.reading x where x.meter_id = s.meter_id and x.point = s.point
      and x.ts >= s.from_ts and x.ts < s.from_ts + make_interval(secs => s.span_s)
  ) a
  -- fewer than four intervals say nothing
  where s.span_s >= 4 * s.interval_s
)
select
  (select count(*)::int4 from cohort where state <> 'waiting') as gateways,
  (select count(*)::int4 from cohort c join care.rollout r on r.id = c.rollout_id
    where c.state in ('refused', 'returned', 'silent') and c.settled_at >= r.stage_started_at) as failed,
  (select count(*)::int4 from cohort where state in ('ordered', 'trial')) as under_way,
  (select coalesce(bool_and(extract(epoch from $2::timestamptz - from_ts) >= soak_s), true) from cohort where state = 'confirmed') as watched,
  coalesce(sum(due), 0)::float8 as due, coalesce(sum(before), 0)::float8 as before, coalesce(sum(after), 0)::float8 as after
from counted`;

export async function cohortFigures(tx: Tx, rolloutId: string, now: number): Promise<CohortFigures> {
  const { rows } = await tx.query<Omit<CohortFigures, 'underWay'> & { under_way: number }>(FIGURES, [
    rolloutId,
    new Date(now),
  ]);
  const [row] = rows;
  if (!row) throw new Error('a roll-out without figures');
  const { under_way: underWay, ...rest } = row;
  return { ...rest, underWay };
}

const LARGEST_SHARE = 9.99999;
const share = (part: number, whole: number): number | null =>
  whole === 0 ? null : Math.min(LARGEST_SHARE, part / whole);

export async function keepCheck(
  tx: Tx,
  { id, stage }: RunningRollout,
  { gateways, failed, due, before, after }: CohortFigures,
  verdict: string,
  now: number,
): Promise<void> {
  await tx.query(
    `insert into care.rollout_check (rollout_id, stage, checked_at, gateways, failed, before_share, after_share, verdict)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [id, stage, new Date(now), gateways, failed, share(before, due), share(after, due), verdict],
  );
}

export async function stopRollout(tx: Tx, id: string, reason: string): Promise<void> {
  await tx.query("update care.rollout set state = 'stopped', reason = $2 where id = $1", [id, reason]);
}

/** On to the next cohort, or done. */
export async function advanceRollout(tx: Tx, { id, stage, stages }: RunningRollout, now: number): Promise<void> {
  if (stage >= stages) await tx.query("update care.rollout set state = 'completed' where id = $1", [id]);
  else {
    await tx.query('update care.rollout set stage = stage + 1, stage_started_at = $2 where id = $1', [
      id,
      new Date(now),
    ]);
  }
}

export async function anyRunning(db: Db): Promise<boolean> {
  return (await db.query("select from care.rollout where state = 'running' limit 1")).rowCount === 1;
}
