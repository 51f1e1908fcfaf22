import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import {
  type Announcement,
  type CredentialRequest,
  type EnrolmentStatus,
  GanzhiError,
  type IssuedCredential,
} from '@ganzhi/schemas';
import { type Db, withTx } from '@ganzhi/schemas/db';
import { partsOf } from '../broker/certificate.ts';
import type { Clock } from '../clock.ts';
import { announceEnrolment, type EnrolmentRow, lockEnrolment, seeEnrolment, setCredential } from './sql.ts';

export interface EnrolmentsOptions {
  db: Db;
  clock: Clock;
}

const POLL_AFTER_S = 30;

/**
 * How an unknown gateway gets in: it announces itself, a person approves, it collects its credential. Nothing is made in the
 * registry here; the server keeps digests only.
 */
export class Enrolments {
  readonly #options: EnrolmentsOptions;

  constructor(options: EnrolmentsOptions) {
    this.#options = options;
  }

  /** @throws GanzhiError `unavailable` when too many wait for a decision */
  async announce(announcement: Announcement, address: string): Promise<EnrolmentStatus> {
    const { db, clock } = this.#options;
    const row = await announceEnrolment(db, announcement, digest(announcement.secret), { address, now: clock.now() });
    if (!row)
      throw new GanzhiError('unavailable', 'Too many enrolments wait for a decision. Ask the operator to decide.');
    return statusOf(row);
  }

  /** @throws GanzhiError `not-found` for an unknown id and for a wrong secret alike */
  async status(id: string, secret: string): Promise<EnrolmentStatus> {
    const { db, clock } = this.#options;
    return statusOf(found(await seeEnrolment(db, id, digest(secret), clock.now())));
  }

  /**
   * The credential of an approved gateway. Until its first use asking again replaces it, because an answer can be lost; so at any
   * time one credential holds.
   *
   * @throws GanzhiError `not-found`; `conflict` while nobody has decided; `enrolment-refused`; `enrolment-closed` after the first
   *   use; `invalid-request` for a certificate that is not the gateway's
   */
  async collect(id: string, secret: string, { certificate }: CredentialRequest): Promise<IssuedCredential> {
    const { db, clock } = this.#options;
    return withTx(db, async (tx) => {
      const row = found(await lockEnrolment(tx, id, digest(secret)));
      const { gatewayId, code } = approved(row);
      const token = randomBytes(32).toString('base64url');
      const credential = {
        // beside a certificate the token is random and told to nobody
        tokenSha256: digest(token),
        certificateSha256: certificate === undefined ? null : fingerprintOf(certificate, code, clock.now()),
      };
      await setCredential(tx, { id: row.id, gatewayId }, credential, clock.now());
      return certificate === undefined ? { gateway: code, token } : { gateway: code };
    });
  }
}

const digest = (secret: string): Buffer => createHash('sha256').update(secret).digest();

function found(row: EnrolmentRow | undefined): EnrolmentRow {
  if (!row) throw new GanzhiError('not-found', 'No enrolment has this id and secret. Announce the gateway again.');
  return row;
}

const statusOf = ({ id, state, gateway, reason }: EnrolmentRow): EnrolmentStatus => ({
  id,
  state,
  ...(gateway === null ? {} : { gateway }),
  ...(state === 'refused' && reason !== null ? { reason } : {}),
  pollAfterS: POLL_AFTER_S,
});

function approved({ state, gateway_id: gatewayId, gateway: code, reason }: EnrolmentRow): {
  gatewayId: number;
  code: string;
} {
  if (state === 'refused') throw new GanzhiError('enrolment-refused', reason ?? 'The operator refused this gateway.');
  if (state === 'completed') {
    throw new GanzhiError('enrolment-closed', 'The credential was handed out and used. Announce with a new secret.');
  }
  if (gatewayId === null || code === null) {
    throw new GanzhiError('conflict', 'Nobody has decided on this gateway yet. Ask again later.');
  }
  return { gatewayId, code };
}

function fingerprintOf(pem: string, code: string, now: number): Buffer {
  const parts = readCertificate(pem);
  if (!parts) throw new GanzhiError('invalid-request', 'certificate: not a PEM certificate with one common name.');
  if (parts.commonName !== code) {
    throw new GanzhiError('invalid-request', `certificate: its common name must be ${code}.`);
  }
  if (now > parts.validTo) throw new GanzhiError('invalid-request', 'certificate: it has expired.');
  return parts.sha256;
}

function readCertificate(pem: string): ReturnType<typeof partsOf> {
  try {
    return partsOf(new X509Certificate(pem));
  } catch {
    return undefined;
  }
}
