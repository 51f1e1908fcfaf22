import { createHash, createPublicKey, verify } from 'node:crypto';
import { type ImageIdentity, shanghaiText, signedText } from '@ganzhi/schemas';
import type { z } from 'zod';
import { instantOrNull } from '../../lib/time.ts';
import { type DecideRollout, GATEWAY_STATES, type RolloutDetail, type RolloutItem } from './schema.ts';
import type { CheckRow, ProgressRow, RolloutRow } from './sql.ts';

/**
 * Whether an Ed25519 key (RFC 8032) has signed the image under this name.
 *
 * @param key 32 bytes
 */
export function isSigned(identity: ImageIdentity, signature: Buffer, key: Buffer): boolean {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') };
  return verify(null, Buffer.from(signedText(identity)), createPublicKey({ key: jwk, format: 'jwk' }), signature);
}

/**
 * In which cohort each gateway gets the image. Drawn by digest of the seed and the code: no district or maker comes first, and
 * another roll-out begins with others.
 *
 * @param stages percent after each cohort, rising to 100
 * @returns cohort from 1 by code; the first is never empty
 */
export function cohortsOf(codes: readonly string[], stages: readonly number[], seed: string): Map<string, number> {
  const drawn = codes
    .map((code) => ({ code, lot: createHash('sha256').update(`${seed}\n${code}`).digest('hex') }))
    .sort((a, b) => (a.lot < b.lot ? -1 : 1));
  return new Map(
    drawn.map(({ code }, place) => {
      const stage = stages.findIndex((percent) => place < Math.ceil((codes.length * percent) / 100));
      return [code, stage + 1];
    }),
  );
}

type Kind = z.infer<typeof DecideRollout>['kind'];
const FROM: Record<Kind, readonly RolloutRow['state'][]> = {
  pause: ['running'],
  resume: ['paused', 'stopped'],
  abort: ['running', 'paused', 'stopped'],
};
const TO: Record<Kind, RolloutRow['state']> = { pause: 'paused', resume: 'running', abort: 'aborted' };

/** The state after a person's decision; undefined where there is nothing to decide any more. */
export const stateAfter = (kind: Kind, state: RolloutRow['state']): RolloutRow['state'] | undefined =>
  FROM[kind].includes(state) ? TO[kind] : undefined;

const progressOf = (rows: readonly ProgressRow[]) => {
  const all = GATEWAY_STATES.map((state) => {
    const of = rows.filter((row) => row.state === state);
    return [state, of.reduce((sum, { gateways }) => sum + gateways, 0)];
  });
  return Object.fromEntries(all) as z.infer<typeof RolloutItem>['progress'];
};

/** @param whole whether the caller sees every gateway; what was counted over all of them is not told to others */
export const itemOf = (row: RolloutRow, progress: readonly ProgressRow[], whole: boolean) => ({
  id: row.id,
  imageId: row.image_id,
  model: row.model,
  version: row.version,
  state: row.state,
  stage: row.stage,
  stages: row.stages,
  stageStartedAt: shanghaiText(row.stage_started_at),
  soakS: row.soak_s,
  maxDrop: Number(row.max_drop),
  trialS: row.trial_s,
  reason: whole ? row.reason : null,
  createdBy: row.created_by,
  createdAt: shanghaiText(row.created_at),
  progress: progressOf(progress.filter(({ rollout_id }) => rollout_id === row.id)),
});

export function detailOf(
  row: RolloutRow,
  progress: readonly ProgressRow[],
  checks: readonly CheckRow[],
  whole: boolean,
): z.infer<typeof RolloutDetail> {
  const cohorts = row.stages.map((percent, index) => {
    const check = whole ? checks.find(({ stage }) => stage === index + 1) : undefined;
    return {
      stage: index + 1,
      percent,
      progress: progressOf(progress.filter(({ stage }) => stage === index + 1)),
      lastCheck: check
        ? {
            checkedAt: shanghaiText(check.checked_at),
            gateways: check.gateways,
            failed: check.failed,
            completenessBefore: shareOf(check.before_share),
            completenessAfter: shareOf(check.after_share),
            verdict: check.verdict,
          }
        : null,
    };
  });
  return { ...itemOf(row, progress, whole), cohorts };
}

const shareOf = (share: string | null): number | null => (share === null ? null : Number(share));

export const gatewayOf = (row: {
  code: string;
  stage: number;
  state: ProgressRow['state'];
  ordered_at: number | null;
  settled_at: number | null;
  reason: string | null;
}) => ({
  gatewayCode: row.code,
  stage: row.stage,
  state: row.state,
  orderedAt: instantOrNull(row.ordered_at),
  settledAt: instantOrNull(row.settled_at),
  reason: row.reason,
});
