import { z } from 'zod';

/**
 * Enrolment, over HTTP at ingest's door, outbound for the gateway:
 *
 * 1. `POST /api/v1/ingest/enrolments` with an {@link Announcement}; it is pending until a person decides.
 * 2. `GET /api/v1/ingest/enrolments/{id}` with `Authorization: Bearer <secret>`, every `pollAfterS` seconds.
 * 3. When approved, `POST …/{id}/credential`: the token, or the registration of the gateway's own certificate. Until the
 *    credential was used once, asking again replaces it (an answer may be lost); then the enrolment is closed.
 */
export const Announcement = z.strictObject({
  v: z.literal(1),
  serial: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{2,63}$/, '3 to 64 letters, digits, dots, colons, dashes'),
  model: z.string().min(1).max(64),
  firmware: z.string().min(1).max(64),
  /** 256 random bits of the gateway's own, base64url; the server keeps its SHA-256 only. */
  secret: z.string().regex(/^[A-Za-z0-9_-]{43}$/, '32 random bytes as base64url'),
});
export type Announcement = z.infer<typeof Announcement>;

export const ENROLMENT_STATES = ['pending', 'approved', 'refused', 'collected', 'completed'] as const;
export type EnrolmentState = (typeof ENROLMENT_STATES)[number];

export const EnrolmentStatus = z.object({
  id: z.uuid(),
  state: z.enum(ENROLMENT_STATES),
  /** The gateway's code, once approved. */
  gateway: z.string().optional(),
  /** Why refused. */
  reason: z.string().optional(),
  pollAfterS: z.int(),
});
export type EnrolmentStatus = z.infer<typeof EnrolmentStatus>;

/** Asks for a token, or registers a self-made certificate (PEM, CN = gateway's code). */
export const CredentialRequest = z.strictObject({ certificate: z.string().max(8_192).optional() });
export type CredentialRequest = z.infer<typeof CredentialRequest>;

export const IssuedCredential = z.object({ gateway: z.string(), token: z.string().optional() });
export type IssuedCredential = z.infer<typeof IssuedCredential>;

/** What a person compares on both sides before approving: the first 16 hex digits of the secret's SHA-256, in fours. */
export const enrolmentFingerprint = (sha256Hex: string): string =>
  (sha256Hex.slice(0, 16).match(/.{4}/g) ?? []).join('-').toUpperCase();
