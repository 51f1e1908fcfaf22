import { z } from 'zod';

/** Firmware images: signed (Ed25519, RFC 8032), delivered by digest, confirmed by the gateway that runs them. */

export const MAX_IMAGE_BYTES = 16 * 1024 * 1024;
export const FIRMWARE_VERSION_SHAPE = /^[A-Za-z0-9][A-Za-z0-9.+_-]{0,47}$/;

export const ImageIdentity = z.object({
  model: z.string().min(1).max(64),
  version: z.string().regex(FIRMWARE_VERSION_SHAPE, 'letters, digits, dots, dashes'),
  /** Of the image's bytes, hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int().min(1).max(MAX_IMAGE_BYTES),
});
export type ImageIdentity = z.infer<typeof ImageIdentity>;

/** The bytes that are signed. Model, version and size are part of them: a good image under another name is refused. */
export const signedText = ({ model, version, sha256, size }: ImageIdentity): string =>
  `ganzhi-firmware-v1\n${model}\n${version}\n${sha256}\n${size}\n`;

/** `down/firmware`. The image is fetched from ingest's door with the ticket, which is this gateway's alone. */
export const FirmwareOrder = z.object({
  v: z.literal(1),
  rollout: z.uuid(),
  image: ImageIdentity,
  /** Ed25519, base64url, over {@link signedText}. */
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
  ticket: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** How long the new image may take to prove itself: connected, and a batch acknowledged. */
  trialMs: z.int().min(1_000).max(3_600_000),
});
export type FirmwareOrder = z.infer<typeof FirmwareOrder>;

/** refused: never booted; trial: booted, not yet proven; confirmed: stays; returned: the former image runs again. */
export const FIRMWARE_STATES = ['refused', 'trial', 'confirmed', 'returned'] as const;

/** `up/firmware`. */
export const FirmwareReport = z.object({
  v: z.literal(1),
  rollout: z.uuid(),
  version: z.string().max(64),
  state: z.enum(FIRMWARE_STATES),
  reason: z.string().max(2_000).optional(),
  /** The version that runs now. */
  running: z.string().max(64),
  at: z.int(),
});
export type FirmwareReport = z.infer<typeof FirmwareReport>;
