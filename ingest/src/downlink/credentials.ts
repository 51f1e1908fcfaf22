import type { RotationResult } from '@ganzhi/schemas';
import { type Db, type Tx, withTx } from '@ganzhi/schemas/db';
import type { Pass } from '../broker/authenticate.ts';

/** Column of the credential in use and of the one that shall follow. */
const COLUMNS = {
  token: { current: 'token_sha256', next: 'next_token_sha256' },
  certificate: { current: 'certificate_sha256', next: 'next_certificate_sha256' },
} as const;

/**
 * The first use of a credential: the one before dies, and an enrolment is closed. Done twice it changes nothing.
 *
 * @param now epoch milliseconds
 */
export async function promoteCredential(db: Db, { gateway, kind, sha256 }: Pass, now: number): Promise<void> {
  const { current, next } = COLUMNS[kind];
  await withTx(db, async (tx) => {
    await tx.query(
      `update registry.gateway set ${current} = ${next}, ${next} = null, credential_changed_at = $3
       where id = $1 and ${next} = $2`,
      [gateway.id, sha256, new Date(now)],
    );
    await tx.query("update care.enrolment set state = 'completed' where gateway_id = $1 and state = 'collected'", [
      gateway.id,
    ]);
  });
}

/** Lets the credential hold beside the present one. Only the answer to a command that asked for it may do that. */
export async function admitNextCredential(tx: Tx, gatewayId: number, rotation: RotationResult): Promise<void> {
  await tx.query(
    `update registry.gateway set ${COLUMNS[rotation.kind].next} = $2 where id = $1 and revoked_at is null`,
    [gatewayId, Buffer.from(rotation.sha256, 'hex')],
  );
}
