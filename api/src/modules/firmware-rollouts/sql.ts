import type { Db, Tx } from '@ganzhi/schemas/db';
import { cut, decodeCursor } from '../../lib/page.ts';
import type { GATEWAY_STATES, ROLLOUT_STATES } from './schema.ts';

export interface RolloutRow {
  id: string;
  image_id: number;
  model: string;
  version: string;
  key_retired_at: number | null;
  state: (typeof ROLLOUT_STATES)[number];
  stage: number;
  stages: number[];
  stage_started_at: number;
  soak_s: number;
  max_drop: string;
  trial_s: number;
  reason: string | null;
  created_by: string;
  created_at: number;
  position: string;
}

export interface ProgressRow {
  rollout_id: string;
  stage: number;
  state: (typeof GATEWAY_STATES)[number];
  gateways: number;
}

export interface CheckRow {
  stage: number;
  checked_at: number;
  gateways: number;
  failed: number;
  before_share: string | null;
  after_share: string | null;
  verdict: 'wait' | 'good' | 'stop';
}

interface Page {
  limit: number;
  cursor?: string | undefined;
}

/** A roll-out is there for whom sees one of its gateways: the rows of the others are not among those that are looked for. */
const SELECT = `select r.id, r.image_id, i.model, i.version, k.retired_at as key_retired_at, r.state, r.stage, r.stages,
  r.stage_started_at, r.soak_s, r.max_drop, r.trial_s, r.reason, r.created_by, r.created_at, r.created_at::text as position
  from care.rollout r join care.firmware_image i on i.id = r.image_id join care.firmware_key k on k.id = i.key_id
  where exists (select from care.rollout_gateway rg where rg.rollout_id = r.id)`;

/** Newest first. */
export async function listRollouts(db: Db, { state, limit, cursor }: Page & { state?: string | undefined }) {
  const after = decodeCursor('-createdAt', cursor, { value: 'timestamptz', id: 'text' });
  const { rows } = await db.query<RolloutRow>(
    `${SELECT} and ($1::text is null or r.state = $1)
       and ($2::timestamptz is null or (r.created_at, r.id::text) < ($2, $3::text))
     order by r.created_at desc, r.id::text desc limit $4`,
    [state ?? null, after?.value ?? null, after?.id ?? null, limit + 1],
  );
  return cut(rows, limit, '-createdAt', (row) => ({ value: row.position, id: row.id }));
}

/** `lock` keeps others, also who judges it, from changing it in this transaction. */
export async function findRollout(db: Db | Tx, id: string, lock = false): Promise<RolloutRow | undefined> {
  const { rows } = await db.query<RolloutRow>(`${SELECT} and r.id = $1 ${lock ? 'for update of r' : ''}`, [id]);
  return rows[0];
}

/** Gateways by roll-out, cohort and state. */
export async function progressOfAll(db: Db | Tx, ids: readonly string[]): Promise<ProgressRow[]> {
  const { rows } = await db.query<ProgressRow>(
    `select rollout_id, stage, state, count(*)::int4 as gateways from care.rollout_gateway
     where rollout_id = any($1::uuid[]) group by 1, 2, 3`,
    [ids],
  );
  return rows;
}

/** The last judgement of each cohort. */
export async function lastChecks(db: Db | Tx, id: string): Promise<CheckRow[]> {
  const { rows } = await db.query<CheckRow>(
    `select distinct on (stage) stage, checked_at, gateways, failed, before_share, after_share, verdict
     from care.rollout_check where rollout_id = $1 order by stage, id desc`,
    [id],
  );
  return rows;
}

export async function listGateways(
  db: Db,
  id: string,
  { state, limit, cursor }: Page & { state?: string | undefined },
) {
  const after = decodeCursor('code', cursor, { value: 'text', id: 'int4' });
  const { rows } = await db.query<{
    id: number;
    code: string;
    stage: number;
    state: ProgressRow['state'];
    ordered_at: number | null;
    settled_at: number | null;
    reason: string | null;
  }>(
    `select g.id, g.code, rg.stage, rg.state, rg.ordered_at, rg.settled_at, rg.reason
     from care.rollout_gateway rg join registry.gateway g on g.id = rg.gateway_id
     where rg.rollout_id = $1 and ($2::text is null or rg.state = $2)
       and ($3::text is null or (g.code, g.id) > ($3, $4::int4))
     order by g.code, g.id limit $5`,
    [id, state ?? null, after?.value ?? null, after?.id ?? null, limit + 1],
  );
  return cut(rows, limit, 'code', (row) => ({ value: row.code, id: String(row.id) }));
}

/** Two roll-outs that are made at once must not take the same gateway: one after the other, until the transaction ends. */
export async function lockCreation(tx: Tx): Promise<void> {
  await tx.query("select pg_advisory_xact_lock(hashtext('care.rollout'))");
}

export interface Candidate {
  id: number;
  code: string;
  /** In a roll-out that is not over. */
  taken: boolean;
}

/** Gateways of ours that would get an image: those named, or those whose last enrolment told its model and whose firmware is another. */
export async function candidates(
  tx: Tx,
  { model, version }: { model: string; version: string },
  scope: { division?: string | undefined; gateways?: readonly string[] | undefined },
): Promise<Candidate[]> {
  const { rows } = await tx.query<Candidate>(
    `with recursive d(code) as (
       select code from registry.division where code = $3
       union select x.code from registry.division x join d on x.parent_code = d.code
     )
     select g.id, g.code, exists (
         select from care.rollout_gateway rg join care.rollout r on r.id = rg.rollout_id
         where rg.gateway_id = g.id and r.state in ('running', 'paused', 'stopped')) as taken
     from registry.gateway g join registry.institution i on i.id = g.institution_id
     left join metering.gateway_state s on s.gateway_id = g.id
     left join lateral (
       select e.model from care.enrolment e where e.gateway_id = g.id order by e.decided_at desc nulls last limit 1
     ) e on true
     where g.enabled and g.dialect = 'native'
       and ($4::text[] is null or g.code = any($4))
       and ($3::text is null or i.division_code in (select code from d))
       and ($4::text[] is not null or (e.model = $1 and s.firmware is distinct from $2 and s.firmware is distinct from 'ganzhi-firmware ' || $2))`,
    [model, version, scope.division ?? null, scope.gateways ?? null],
  );
  return rows;
}

export async function insertRollout(
  tx: Tx,
  rollout: { imageId: number; stages: readonly number[]; soakS: number; maxDrop: number; trialS: number },
  members: readonly { id: number; stage: number }[],
  { by, at }: { by: string; at: number },
): Promise<string> {
  const { rows } = await tx.query<{ id: string }>(
    `insert into care.rollout (image_id, stages, stage_started_at, soak_s, max_drop, trial_s, created_by, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $3) returning id`,
    [rollout.imageId, rollout.stages, new Date(at), rollout.soakS, rollout.maxDrop, rollout.trialS, by],
  );
  const id = rows[0]?.id ?? '';
  await tx.query(
    `insert into care.rollout_gateway (rollout_id, gateway_id, stage)
     select $1, * from unnest($2::int4[], $3::int2[])`,
    [id, members.map((member) => member.id), members.map(({ stage }) => stage)],
  );
  return id;
}

/** A roll-out that goes on begins its stage anew: what failed or was lost before is not counted again. */
export async function setState(
  tx: Tx,
  id: string,
  state: RolloutRow['state'],
  reason: string,
  now: number,
): Promise<void> {
  await tx.query(
    `update care.rollout set state = $2::text, reason = case when $2 = 'running' then null else $3 end,
       stage_started_at = case when $2 = 'running' then $4::timestamptz else stage_started_at end where id = $1`,
    [id, state, reason, new Date(now)],
  );
}
