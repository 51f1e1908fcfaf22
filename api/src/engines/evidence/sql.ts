import { createHash } from 'node:crypto';
import type { Db, Tx } from '@ganzhi/schemas/db';
import { notFound, Refusal } from '../../errors/refuse.ts';
import { checkFile } from './rules.ts';

export interface Evidence {
  readonly id: bigint;
  readonly name: string;
  readonly mediaType: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly addedBy: number;
  readonly addedAt: number;
}

/**
 * Keeps a file for a subject (`leave/17`). The same bytes are kept once, however often they are handed in. Who may see a
 * subject's evidence is decided by the module that owns the subject.
 *
 * @throws Refusal of `checkFile`; `conflict` when the subject holds this file already
 */
export async function keepEvidence(
  tx: Tx,
  { subject, name, addedBy, content }: { subject: string; name: string; addedBy: number; content: Buffer },
): Promise<Evidence> {
  const file = checkFile(name, content);
  await tx.query(
    `insert into platform.evidence_blob (sha256, content) values (decode($1, 'hex'), $2) on conflict do nothing`,
    [file.sha256, content],
  );
  const { rows } = await tx.query<{ id: bigint; addedAt: number }>(
    `insert into platform.evidence (subject, sha256, name, media_type, added_by)
     values ($1, decode($2, 'hex'), $3, $4, $5)
     on conflict (subject, sha256) do nothing returning id, added_at as "addedAt"`,
    [subject, file.sha256, file.name, file.mediaType, addedBy],
  );
  const [row] = rows;
  if (!row) {
    throw new Refusal('conflict', {
      zh: '该文件已作为此事项的附件上传过。',
      en: 'This very file is among the evidence of this already.',
    });
  }
  return { ...row, ...file, bytes: content.length, addedBy };
}

/** Everything kept for a subject, in the order it came. */
export async function listEvidence(db: Db | Tx, subject: string): Promise<Evidence[]> {
  const { rows } = await db.query<Evidence>(
    `select e.id, e.name, e.media_type as "mediaType", encode(e.sha256, 'hex') as sha256, length(b.content) as bytes,
       e.added_by as "addedBy", e.added_at as "addedAt"
     from platform.evidence e join platform.evidence_blob b using (sha256)
     where e.subject = $1 order by e.id`,
    [subject],
  );
  return rows;
}

/**
 * One file of a subject, its digest proved anew at every reading.
 *
 * @throws Refusal `not-found`, also when it belongs to another subject; `internal` when the bytes are not those handed in
 */
export async function readEvidence(
  db: Db | Tx,
  { subject, sha256 }: { subject: string; sha256: string },
): Promise<{ name: string; mediaType: string; content: Buffer }> {
  const { rows } = await db.query<{ name: string; mediaType: string; content: Buffer }>(
    `select e.name, e.media_type as "mediaType", b.content
     from platform.evidence e join platform.evidence_blob b using (sha256)
     where e.subject = $1 and encode(e.sha256, 'hex') = $2`,
    [subject, sha256],
  );
  const [file] = rows;
  if (!file) throw notFound();
  if (createHash('sha256').update(file.content).digest('hex') !== sha256) {
    throw new Refusal('internal', {
      zh: '文件与其摘要不符，可能被改动。请联系审计管理员。',
      en: 'The file does not match its digest: it may have been changed. Tell the audit administrator.',
    });
  }
  return file;
}
