import { createHash } from 'node:crypto';
import type { Db } from '@ganzhi/schemas/db';

const PAGE = 5_000;

export interface AuditFault {
  auditId: string;
  kind: 'changed' | 'deleted' | 'broken-chain' | 'never-sealed';
}

export interface AuditVerdict {
  rows: number;
  /** Newer than the last seal; the next round takes them. */
  unsealed: number;
  faults: AuditFault[];
  /** Digest of the whole trail so far, hex: keep it outside, and the past cannot be written anew unnoticed. */
  head: string;
  /** Whether `head` given by the caller occurs in the chain; undefined when none was given. */
  containsExpected?: boolean;
}

/**
 * Computes the chain again from the rows. A row that was changed or deleted is named; a chain that was joined anew is found
 * where its links no longer follow from one another, and against a head that was kept outside.
 *
 * @param db as a role that reads the trail and its seals
 */
export async function verifyAudit(db: Db, expectedHead?: string): Promise<AuditVerdict> {
  const faults: AuditFault[] = [];
  let link = Buffer.alloc(32);
  let position = 0n;
  let rows = 0;
  let containsExpected = expectedHead === undefined ? undefined : false;
  for (;;) {
    const page = await readSeals(db, position);
    for (const seal of page) {
      rows += 1;
      const auditId = String(seal.audit_id);
      if (seal.position !== position + 1n) faults.push({ auditId, kind: 'broken-chain' });
      position = seal.position;
      if (seal.text === null) faults.push({ auditId, kind: 'deleted' });
      else if (!sha256(Buffer.from(seal.text)).equals(seal.row_sha256)) faults.push({ auditId, kind: 'changed' });
      link = sha256(Buffer.concat([link, seal.row_sha256]));
      if (!link.equals(seal.chain_sha256)) {
        faults.push({ auditId, kind: 'broken-chain' });
        link = Buffer.from(seal.chain_sha256);
      }
      if (link.toString('hex') === expectedHead) containsExpected = true;
    }
    if (page.length < PAGE) break;
  }
  const { unsealed, forgotten } = await readUnsealed(db);
  faults.push(...forgotten.map((id): AuditFault => ({ auditId: String(id), kind: 'never-sealed' })));
  const head = link.toString('hex');
  return { rows, unsealed, faults, head, ...(containsExpected === undefined ? {} : { containsExpected }) };
}

const sha256 = (bytes: Buffer): Buffer<ArrayBuffer> => createHash('sha256').update(bytes).digest();

interface SealRow {
  position: bigint;
  audit_id: bigint;
  row_sha256: Buffer;
  chain_sha256: Buffer;
  text: string | null;
}

async function readSeals(db: Db, after: bigint): Promise<SealRow[]> {
  const { rows } = await db.query<SealRow>(
    `select s.position, s.audit_id, s.row_sha256, s.chain_sha256,
       (select platform.audit_text(a) from platform.audit a where a.id = s.audit_id) as text
     from platform.audit_seal s where s.position > $1 order by s.position limit $2`,
    [after, PAGE],
  );
  return rows;
}

/** Rows below the newest seal's reach were put in behind its back; newer ones wait for the next round. */
async function readUnsealed(db: Db): Promise<{ unsealed: number; forgotten: bigint[] }> {
  const { rows } = await db.query<{ id: bigint; forgotten: boolean }>(
    `select a.id, a.id <= (select coalesce(max(audit_id), 0) from platform.audit_seal) - 100000 as forgotten
     from platform.audit a where not exists (select from platform.audit_seal s where s.audit_id = a.id) order by a.id`,
  );
  return {
    unsealed: rows.filter((row) => !row.forgotten).length,
    forgotten: rows.filter((row) => row.forgotten).map((row) => row.id),
  };
}
