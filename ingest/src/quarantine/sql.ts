import type { Tx } from '@ganzhi/schemas/db';
import { numberArray } from '../sql/array.ts';

export interface ReplayJob {
  id: bigint;
  reason: string | null;
  gateways: readonly string[];
  meter: string | null;
  point: string | null;
  up_to: bigint;
  reached: bigint;
}

export interface QuarantineEntry {
  id: bigint;
  received_at: number;
  gateway_code: string;
  reason: string;
  payload: unknown;
}

/** What became of an entry that was tried again. */
export type Verdict =
  | { entry: QuarantineEntry; result: 'stored' | 'left' }
  | { entry: QuarantineEntry; result: 'refused'; reason: string; detail: string };

/** The oldest unfinished replay that no other process has in hand; locked until the transaction ends. */
export async function takeJob(tx: Tx): Promise<ReplayJob | undefined> {
  const { rows } = await tx.query<ReplayJob>(
    `select id, reason, gateways, meter, point, up_to, reached from metering.quarantine_replay
     where finished_at is null order by id limit 1 for update skip locked`,
  );
  return rows[0];
}

/** The next open entries of a replay, oldest first, locked: another replay that wants them too waits and finds them resolved. */
export async function nextEntries(tx: Tx, job: ReplayJob, limit: number): Promise<QuarantineEntry[]> {
  const { rows } = await tx.query<QuarantineEntry>(
    `select id, received_at, gateway_code, reason, payload from metering.quarantine
     where resolved_at is null and id > $1 and id <= $2
       and ($3::text is null or reason = $3) and gateway_code = any($4)
       and ($5::text is null or payload->>'m' = $5) and ($6::text is null or payload->>'p' = $6)
     order by id limit $7 for update`,
    [job.reached, job.up_to, job.reason, job.gateways, job.meter, job.point, limit],
  );
  return rows;
}

/** Writes down what became of the entries, and how far the replay has come. */
export async function recordVerdicts(tx: Tx, job: ReplayJob, verdicts: readonly Verdict[]): Promise<void> {
  const refused = verdicts.flatMap((verdict) => (verdict.result === 'refused' ? [verdict] : []));
  const resolved = verdicts.flatMap((verdict) => (verdict.result === 'refused' ? [] : [verdict]));
  await tx.query(
    `update metering.quarantine q set resolved_at = now(), resolution = i.resolution, replay_id = $3
     from unnest($1::int8[], $2::text[]) as i(id, resolution) where q.id = i.id`,
    [ids(resolved), resolved.map(({ result }) => result), job.id],
  );
  await tx.query(
    `update metering.quarantine q set reason = i.reason, detail = i.detail
     from unnest($1::int8[], $2::text[], $3::text[]) as i(id, reason, detail) where q.id = i.id`,
    [ids(refused), refused.map(({ reason }) => reason), refused.map(({ detail }) => detail)],
  );
  const left = resolved.filter(({ result }) => result === 'left').length;
  await tx.query(
    `update metering.quarantine_replay set started_at = coalesce(started_at, now()), reached = $2,
       stored = stored + $3, left_aside = left_aside + $4, refused = refused + $5
     where id = $1`,
    [job.id, verdicts.at(-1)?.entry.id ?? job.reached, resolved.length - left, left, refused.length],
  );
}

export async function finishJob(tx: Tx, job: ReplayJob): Promise<void> {
  await tx.query(
    'update metering.quarantine_replay set started_at = coalesce(started_at, now()), finished_at = now() where id = $1',
    [job.id],
  );
}

const ids = (verdicts: readonly Verdict[]): string => numberArray(verdicts.map(({ entry }) => Number(entry.id)));
