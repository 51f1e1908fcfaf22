import type { EnrolmentState } from '@ganzhi/schemas';
import type { Db, Tx } from '@ganzhi/schemas/db';
import { cut, decodeCursor } from '../../lib/page.ts';

export interface EnrolmentRow {
  id: string;
  serial: string;
  model: string;
  firmware: string;
  secret_sha256: string;
  same_serial: number;
  address: string | null;
  announced_at: number;
  last_seen_at: number;
  state: EnrolmentState;
  gateway: string | null;
  decided_by: string | null;
  decided_at: number | null;
  reason: string | null;
}

const SELECT = `select e.id, e.serial, e.model, e.firmware, encode(e.secret_sha256, 'hex') as secret_sha256, e.address,
  (select count(*)::int4 - 1 from care.enrolment o where o.serial = e.serial) as same_serial,
  e.announced_at, e.last_seen_at, e.state, g.code as gateway, e.decided_by, e.decided_at, e.reason
  from care.enrolment e left join registry.gateway g on g.id = e.gateway_id`;

/** By id: the order of a random id is as good as any, and stays the same while others come. */
export async function listEnrolments(
  db: Db,
  { state, limit, cursor }: { state?: EnrolmentState | undefined; limit: number; cursor?: string | undefined },
): Promise<{ rows: readonly EnrolmentRow[]; nextCursor: string | null }> {
  const after = decodeCursor('id', cursor, { value: 'text', id: 'text' });
  const { rows } = await db.query<EnrolmentRow>(
    `${SELECT} where ($1::text is null or e.state = $1) and ($2::text is null or e.id::text > $2)
     order by e.id::text limit $3`,
    [state ?? null, after?.id ?? null, limit + 1],
  );
  return cut(rows, limit, 'id', (row) => ({ value: null, id: row.id }));
}

export async function findEnrolment(db: Db | Tx, id: string, lock = false): Promise<EnrolmentRow | undefined> {
  const { rows } = await db.query<EnrolmentRow>(`${SELECT} where e.id = $1 ${lock ? 'for update of e' : ''}`, [id]);
  return rows[0];
}

export async function findGateway(
  tx: Tx,
  code: string,
): Promise<{ id: number; institution_id: number; revoked_at: number | null } | undefined> {
  const { rows } = await tx.query<{ id: number; institution_id: number; revoked_at: number | null }>(
    'select id, institution_id, revoked_at from registry.gateway where code = $1',
    [code],
  );
  return rows[0];
}

export async function institutionExists(tx: Tx, id: number): Promise<boolean> {
  return (await tx.query('select from registry.institution where id = $1', [id])).rowCount === 1;
}

/** A gateway whose token nobody knows until it is collected. */
export async function insertGateway(
  tx: Tx,
  gateway: { code: string; institutionId: number; nameZh: string; nameEn: string; tokenSha256: Buffer },
): Promise<number> {
  const { rows } = await tx.query<{ id: number }>(
    `insert into registry.gateway (code, institution_id, name_zh, name_en, token_sha256) values ($1, $2, $3, $4, $5)
     returning id`,
    [gateway.code, gateway.institutionId, gateway.nameZh, gateway.nameEn, gateway.tokenSha256],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('a gateway was not inserted');
  return id;
}

export async function decideEnrolment(
  tx: Tx,
  id: string,
  decision: { state: 'approved' | 'refused'; gatewayId: number | null; by: string; at: number; reason: string | null },
): Promise<void> {
  await tx.query(
    `update care.enrolment set state = $2, gateway_id = $3, decided_by = $4, decided_at = $5, reason = $6 where id = $1`,
    [id, decision.state, decision.gatewayId, decision.by, new Date(decision.at), decision.reason],
  );
}

/** Every credential is void: those in use, those of a rotation, and those that were approved and not collected. */
export async function revokeCredentials(tx: Tx, gatewayId: number, at: number, unknowable: Buffer): Promise<void> {
  await tx.query(
    `update registry.gateway set token_sha256 = $2, next_token_sha256 = null, certificate_sha256 = null,
       next_certificate_sha256 = null, revoked_at = $3, credential_changed_at = $3 where id = $1`,
    [gatewayId, unknowable, new Date(at)],
  );
  await tx.query(
    "update care.enrolment set state = 'completed' where gateway_id = $1 and state in ('approved', 'collected')",
    [gatewayId],
  );
}
