import type { Announcement, EnrolmentState } from '@ganzhi/schemas';
import type { Db, Tx } from '@ganzhi/schemas/db';

export interface EnrolmentRow {
  id: string;
  state: EnrolmentState;
  gateway_id: number | null;
  gateway: string | null;
  reason: string | null;
}

/** More than this many undecided requests are no longer looked at by anybody; refuse some first. */
const MOST_PENDING = 10_000;

const COLUMNS = `e.id, e.state, e.gateway_id, e.reason,
  (select code from registry.gateway g where g.id = e.gateway_id) as gateway`;

/** The request of a gateway, new or known by serial and secret; undefined when too many wait for a decision. */
export async function announceEnrolment(
  db: Db,
  { serial, model, firmware }: Announcement,
  secretSha256: Buffer,
  from: { address: string; now: number },
): Promise<EnrolmentRow | undefined> {
  const values = [serial, secretSha256, model, firmware, from.address, new Date(from.now)];
  const known = await db.query<EnrolmentRow>(
    `update care.enrolment e set last_seen_at = $6, model = $3, firmware = $4, address = $5
     where serial = $1 and secret_sha256 = $2 returning ${COLUMNS}`,
    values,
  );
  if (known.rows[0]) return known.rows[0];
  const made = await db.query<EnrolmentRow>(
    `insert into care.enrolment as e (serial, secret_sha256, model, firmware, address, announced_at, last_seen_at)
     select $1, $2, $3, $4, $5, $6, $6
     where (select count(*) from (select from care.enrolment where state = 'pending' limit ${MOST_PENDING}) p) < ${MOST_PENDING}
     on conflict (serial, secret_sha256) do update set last_seen_at = excluded.last_seen_at
     returning ${COLUMNS}`,
    values,
  );
  return made.rows[0];
}

/** The request with this id and secret, seen now. */
export async function seeEnrolment(
  db: Db,
  id: string,
  secretSha256: Buffer,
  now: number,
): Promise<EnrolmentRow | undefined> {
  const { rows } = await db.query<EnrolmentRow>(
    `update care.enrolment e set last_seen_at = $3 where id = $1 and secret_sha256 = $2 returning ${COLUMNS}`,
    [id, secretSha256, new Date(now)],
  );
  return rows[0];
}

/** The same, kept from others until the transaction ends: two requests for the credential come one after the other. */
export async function lockEnrolment(tx: Tx, id: string, secretSha256: Buffer): Promise<EnrolmentRow | undefined> {
  const { rows } = await tx.query<EnrolmentRow>(
    `select ${COLUMNS} from care.enrolment e where id = $1 and secret_sha256 = $2 for update`,
    [id, secretSha256],
  );
  return rows[0];
}

/** Gives the gateway its credential; every one before is void. */
export async function setCredential(
  tx: Tx,
  row: { id: string; gatewayId: number },
  credential: { tokenSha256: Buffer; certificateSha256: Buffer | null },
  now: number,
): Promise<void> {
  await tx.query(
    `update registry.gateway set token_sha256 = $2, certificate_sha256 = $3, next_token_sha256 = null,
       next_certificate_sha256 = null, revoked_at = null, credential_changed_at = $4 where id = $1`,
    [row.gatewayId, credential.tokenSha256, credential.certificateSha256, new Date(now)],
  );
  await tx.query("update care.enrolment set state = 'collected', last_seen_at = $2 where id = $1", [
    row.id,
    new Date(now),
  ]);
}
