import { createHash } from 'node:crypto';
import { shanghaiText } from '@ganzhi/schemas';
import type { Db, Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { cut, decodeCursor } from '../../lib/page.ts';
import { instantOrNull } from '../../lib/time.ts';
import type { ReportPage } from './schema.ts';

/** A file that leaves the system, and the days whose figures are in it (`to` not included). */
export interface Published {
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly format: string;
  readonly content: Buffer;
  readonly by: string;
  readonly at: number;
}

/** Writes down that a file left, by its digest: whoever holds it can ask whether it still stands. */
export async function publish(db: Db | Tx, { kind, from, to, format, content, by, at }: Published): Promise<void> {
  await db.query(
    `insert into ledger.published_report (kind, from_day, to_day, format, sha256, published_by, published_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [kind, from, to, format, createHash('sha256').update(content).digest(), by, new Date(at)],
  );
}

/**
 * Marks every report with figures of a month that a closing has reversed.
 *
 * @returns how many; none when the closing reversed nothing
 */
export async function supersedeReports(tx: Tx, month: string, eventId: number, now: number): Promise<number> {
  const { rowCount } = await tx.query(
    `update ledger.published_report set superseded_at = $3, superseded_by = $2
     where superseded_at is null and from_day < ($1::date + interval '1 month')::date and to_day > $1::date
       and exists (select from ledger.entry e where e.event_id = $2 and e.kind = 'reversal')`,
    [month, eventId, new Date(now)],
  );
  return rowCount ?? 0;
}

type Report = z.infer<typeof ReportPage>['items'][number];
type ReportRow = Omit<Report, 'publishedAt' | 'supersededAt'> & { publishedAt: number; supersededAt: number | null };

/** Latest first; one file by its digest. */
export async function listReports(
  db: Db,
  { sha256, limit, cursor }: { sha256?: string | undefined; limit: number; cursor?: string | undefined },
) {
  const before = decodeCursor('id', cursor, { value: 'text', id: 'int8' });
  const { rows } = await db.query<ReportRow>(
    `select r.id::text as id, r.kind, r.from_day as "from", r.to_day as "to", r.format, encode(r.sha256, 'hex') as sha256,
       r.published_by as "publishedBy", r.published_at as "publishedAt", r.superseded_at as "supersededAt", e.reason as "supersededFor"
     from ledger.published_report r left join ledger.closing_event e on e.id = r.superseded_by
     where ($1::text is null or r.sha256 = decode($1, 'hex')) and ($2::int8 is null or r.id < $2) order by r.id desc limit $3`,
    [sha256 ?? null, before?.id ?? null, limit + 1],
  );
  return cut(rows, limit, 'id', (row) => ({ value: null, id: row.id }));
}

export const reportOf = ({ publishedAt, supersededAt, ...row }: ReportRow): Report => ({
  ...row,
  publishedAt: shanghaiText(publishedAt),
  supersededAt: instantOrNull(supersededAt),
});
