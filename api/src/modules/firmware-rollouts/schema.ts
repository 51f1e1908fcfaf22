import { FIRMWARE_VERSION_SHAPE, GATEWAY_CODE } from '@ganzhi/schemas';
import { z } from 'zod';
import { Id, Instant, paging, text } from '../../lib/shapes.ts';

const KeyBytes = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, 'the 32 bytes of an Ed25519 public key as base64url (43 characters)');
const Reason = text(500).min(1);
const Model = text(64).min(1);
const Version = z.string().regex(FIRMWARE_VERSION_SHAPE, 'letters, digits, dots, dashes; 48 at most');

export const List = z.strictObject(paging);

export const AddKey = z.strictObject({ name: text(64).min(1), publicKey: KeyBytes }).meta({ id: 'AddFirmwareKey' });
export const RetireKey = z.strictObject({ reason: Reason }).meta({ id: 'RetireFirmwareKey' });
export const KeyItem = z
  .object({
    id: Id,
    name: z.string(),
    publicKey: z.string(),
    addedBy: z.string(),
    addedAt: Instant,
    /** Since then it verifies no new image, and its images begin no roll-out. */
    retiredAt: Instant.nullable(),
  })
  .meta({ id: 'FirmwareKey' });
export const KeyPage = z.object({ items: z.array(KeyItem), nextCursor: z.string().nullable() });

export const AddImage = z.strictObject({
  model: Model,
  version: Version,
  signature: z
    .string()
    .regex(/^[A-Za-z0-9_-]{86}$/, 'an Ed25519 signature of 64 bytes as base64url (86 characters)')
    .meta({ description: 'Over "ganzhi-firmware-v1", model, version, SHA-256 (hex) and size, one a line' }),
});
export const ImageItem = z
  .object({
    id: Id,
    model: z.string(),
    version: z.string(),
    /** Of the image's bytes, hexadecimal. */
    sha256: z.string(),
    bytes: z.int(),
    /** Name of the key that signed it. */
    key: z.string(),
    uploadedBy: z.string(),
    uploadedAt: Instant,
  })
  .meta({ id: 'FirmwareImage' });
export const ImagePage = z.object({ items: z.array(ImageItem), nextCursor: z.string().nullable() });

const MAX_GATEWAYS = 5_000;
export const CreateRollout = z
  .strictObject({
    imageId: Id.max(2 ** 31 - 1),
    /** Gateways of this division and those below it; absent: of the whole city. */
    division: text(12).min(1).optional(),
    /** These and no others, also those whose model is not known from their enrolment. */
    gateways: z.array(z.string().regex(GATEWAY_CODE)).min(1).max(MAX_GATEWAYS).optional(),
    /** Percent of the gateways that have the image after each cohort, rising to 100. */
    stages: z
      .array(z.int().min(1).max(100))
      .min(1)
      .max(10)
      .refine((all) => all.at(-1) === 100 && all.every((p, i) => p > (all[i - 1] ?? 0)), 'must rise and end with 100')
      .default([5, 25, 100]),
    /** How long each cohort is watched with the new image before the next begins, seconds. */
    soakS: z.int().min(60).max(604_800).default(86_400),
    /** Stops when completeness falls by more than this share of what it was, or more of a cohort fails. */
    maxDrop: z.number().min(0.001).max(0.9).multipleOf(0.001).default(0.02),
    /** How long an image may take to prove itself on the gateway, seconds. */
    trialS: z.int().min(1).max(3_600).default(600),
  })
  .refine(({ division, gateways }) => division === undefined || gateways === undefined, {
    path: ['gateways'],
    message: 'name a division or gateways, not both',
  })
  .meta({ id: 'CreateFirmwareRollout' });

export const ROLLOUT_STATES = ['running', 'paused', 'stopped', 'completed', 'aborted'] as const;
export const GATEWAY_STATES = ['waiting', 'ordered', 'trial', 'confirmed', 'refused', 'returned', 'silent'] as const;

export const ListRollouts = z.strictObject({ state: z.enum(ROLLOUT_STATES).optional(), ...paging });
export const RolloutParams = z.strictObject({ id: text(64) });
export const ListRolloutGateways = z.strictObject({ state: z.enum(GATEWAY_STATES).optional(), ...paging });

/** Gateways by state, of those that the caller may see. */
const Progress = z.object(Object.fromEntries(GATEWAY_STATES.map((s) => [s, z.int()])) as Record<State, z.ZodInt>);
type State = (typeof GATEWAY_STATES)[number];

export const RolloutItem = z
  .object({
    id: z.uuid(),
    imageId: Id,
    model: z.string(),
    version: z.string(),
    state: z.enum(ROLLOUT_STATES),
    /** The cohort that has begun last, from 1. */
    stage: z.int(),
    stages: z.array(z.int()),
    stageStartedAt: Instant,
    soakS: z.int(),
    maxDrop: z.number(),
    trialS: z.int(),
    /** Why it was paused, stopped by itself or aborted; only for whom sees the whole city. */
    reason: z.string().nullable(),
    createdBy: z.string(),
    createdAt: Instant,
    progress: Progress,
  })
  .meta({ id: 'FirmwareRollout' });
export const RolloutPage = z.object({ items: z.array(RolloutItem), nextCursor: z.string().nullable() });

const Share = z.number().nullable();
export const RolloutDetail = RolloutItem.extend({
  cohorts: z.array(
    z.object({
      stage: z.int(),
      /** Percent of all gateways that have the image after it. */
      percent: z.int(),
      progress: Progress,
      /** As judged last; null before that, and for whom sees only a part of the city. */
      lastCheck: z
        .object({
          checkedAt: Instant,
          gateways: z.int(),
          failed: z.int(),
          /** Readings that came of those that were due, 0 to 1, before the image and with it; null: nothing was due yet. */
          completenessBefore: Share,
          completenessAfter: Share,
          verdict: z.enum(['wait', 'good', 'stop']),
        })
        .nullable(),
    }),
  ),
}).meta({ id: 'FirmwareRolloutDetail' });

export const RolloutGateway = z
  .object({
    gatewayCode: z.string(),
    stage: z.int(),
    state: z.enum(GATEWAY_STATES),
    orderedAt: Instant.nullable(),
    settledAt: Instant.nullable(),
    /** In the gateway's own words. */
    reason: z.string().nullable(),
  })
  .meta({ id: 'FirmwareRolloutGateway' });
export const RolloutGatewayPage = z.object({ items: z.array(RolloutGateway), nextCursor: z.string().nullable() });

export const DecideRollout = z
  .strictObject({ kind: z.enum(['pause', 'resume', 'abort']), reason: Reason })
  .meta({ id: 'DecideFirmwareRollout' });
