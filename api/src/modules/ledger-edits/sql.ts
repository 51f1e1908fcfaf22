import type { Db, Tx } from '@ganzhi/schemas/db';
import { cut, decodeCursor } from '../../lib/page.ts';
import type { KINDS, REASONS, STATUSES } from './schema.ts';

export interface EditRow {
  id: number;
  meter_id: number;
  meter_code: string;
  point: number;
  decimals: number;
  kind: (typeof KINDS)[number];
  from_ts: number;
  to_ts: number;
  content: { closing?: string; opening?: string; ct?: number; pt?: number };
  reason_code: (typeof REASONS)[number];
  note: string;
  attachment: string | null;
  status: (typeof STATUSES)[number];
  proposed_by: number;
  proposer: string;
  proposed_at: number;
  decider: string | null;
  decided_at: number | null;
  withdrawer: string | null;
  withdrawn_at: number | null;
}

/** Joined with the registry, which keeps the scope. */
const SELECT = `
  select e.id, e.meter_id, m.code as meter_code, e.point, p.decimals, e.kind, e.from_ts, e.to_ts, e.content, e.reason_code, e.note,
    e.attachment, e.status, e.proposed_by, a.login as proposer, e.proposed_at, b.login as decider, e.decided_at,
    c.login as withdrawer, e.withdrawn_at
  from ledger.edit e
  join registry.meter m on m.id = e.meter_id
  join registry.point p on p.meter_id = e.meter_id and p.point = e.point
  join platform.app_user a on a.id = e.proposed_by
  left join platform.app_user b on b.id = e.decided_by
  left join platform.app_user c on c.id = e.withdrawn_by`;

export async function findEdit(db: Db | Tx, id: number, lock = false): Promise<EditRow | undefined> {
  const { rows } = await db.query<EditRow>(`${SELECT} where e.id = $1 ${lock ? 'for update of e' : ''}`, [id]);
  return rows[0];
}

export async function listEdits(
  db: Db,
  {
    meterId,
    status,
    limit,
    cursor,
  }: { meterId?: number | undefined; status?: string | undefined; limit: number; cursor?: string | undefined },
): Promise<{ rows: readonly EditRow[]; nextCursor: string | null }> {
  const after = decodeCursor('id', cursor, { value: 'text', id: 'int4' });
  const { rows } = await db.query<EditRow>(
    `${SELECT}
     where ($1::int4 is null or e.meter_id = $1) and ($2::text is null or e.status = $2) and ($3::int4 is null or e.id < $3)
     order by e.id desc limit $4`,
    [meterId ?? null, status ?? null, after?.id ?? null, limit + 1],
  );
  return cut(rows, limit, 'id', (row) => ({ value: null, id: String(row.id) }));
}

export interface BookedRegister {
  meterId: number;
  code: string;
  point: number;
  decimals: number;
  ct: number;
  pt: number;
}

/** The booked register of a meter with the ratio in force at an instant. */
export async function bookedRegister(tx: Tx, meterId: number, at: number): Promise<BookedRegister | undefined> {
  const { rows } = await tx.query<BookedRegister>(
    `select m.id as "meterId", m.code, p.point, p.decimals, coalesce(r.ct, 1) as ct, coalesce(r.pt, 1) as pt
     from registry.meter m
     join registry.point p on p.meter_id = m.id and p.point = registry.booked_point(m.medium)
     left join lateral (select ct, pt from registry.meter_ratio r where r.meter_id = m.id and r.valid_from <= $2
       order by valid_from desc limit 1) r on true
     where m.id = $1`,
    [meterId, new Date(at)],
  );
  return rows[0];
}

export async function insertEdit(
  tx: Tx,
  edit: {
    meterId: number;
    point: number;
    kind: string;
    from: number;
    to: number;
    content: object;
    reasonCode: string;
    note: string;
    attachment: string | null;
    proposedBy: number;
    now: number;
  },
): Promise<number> {
  const { rows } = await tx.query<{ id: number }>(
    `insert into ledger.edit (meter_id, point, kind, from_ts, to_ts, content, reason_code, note, attachment, proposed_by, proposed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id`,
    [
      edit.meterId,
      edit.point,
      edit.kind,
      instant(edit.from),
      instant(edit.to),
      JSON.stringify(edit.content),
      edit.reasonCode,
      edit.note,
      edit.attachment,
      edit.proposedBy,
      new Date(edit.now),
    ],
  );
  return rows[0]?.id ?? 0;
}

export async function decideEdit(tx: Tx, id: number, status: string, userId: number, now: number): Promise<void> {
  await tx.query(
    `update ledger.edit set status = $2, decided_by = $3, decided_at = $4, version = version + 1 where id = $1`,
    [id, status, userId, new Date(now)],
  );
}

export async function withdrawEdit(tx: Tx, id: number, userId: number, now: number): Promise<void> {
  await tx.query(
    `update ledger.edit set status = 'withdrawn', withdrawn_by = $2, withdrawn_at = $3, version = version + 1 where id = $1`,
    [id, userId, new Date(now)],
  );
}

/** Readings in this span of a register are computed anew by the ledger's next round. */
export async function markDirty(
  tx: Tx,
  { meterId, point, from, to, cause }: { meterId: number; point: number; from: number; to: number; cause: string },
): Promise<void> {
  await tx.query(
    'insert into metering.dirty_span (meter_id, point, from_ts, to_ts, cause) values ($1, $2, $3, $4, $5)',
    [meterId, point, instant(from), instant(to), cause],
  );
}

export interface RatioRow {
  valid_from: number;
  ct: number;
  pt: number;
}

export async function ratiosOf(tx: Tx, meterId: number): Promise<RatioRow[]> {
  const { rows } = await tx.query<RatioRow>(
    'select valid_from, ct, pt from registry.meter_ratio where meter_id = $1 order by valid_from',
    [meterId],
  );
  return rows;
}

export async function insertRatio(tx: Tx, meterId: number, from: number, ct: number, pt: number): Promise<void> {
  await tx.query('insert into registry.meter_ratio (meter_id, valid_from, ct, pt) values ($1, $2, $3, $4)', [
    meterId,
    instant(from),
    ct,
    pt,
  ]);
}

export async function removeRatio(tx: Tx, meterId: number, from: number): Promise<void> {
  await tx.query('delete from registry.meter_ratio where meter_id = $1 and valid_from = $2', [meterId, instant(from)]);
}

/** @returns false when one is on record for this moment already */
export async function insertReplacement(
  tx: Tx,
  edit: {
    meterId: number;
    point: number;
    at: number;
    closing: bigint;
    opening: bigint;
    photo: string | null;
    approver: string;
    editId: number;
  },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into registry.meter_replacement (meter_id, point, at, closing, opening, photo, approved_by, edit_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    [edit.meterId, edit.point, instant(edit.at), edit.closing, edit.opening, edit.photo, edit.approver, edit.editId],
  );
  return (rowCount ?? 0) > 0;
}

export async function removeReplacement(tx: Tx, editId: number): Promise<void> {
  await tx.query('delete from registry.meter_replacement where edit_id = $1', [editId]);
}

/** The first closed month that a span reaches into, `2026-11`. */
export async function closedMonth(tx: Tx, from: number, to: number): Promise<string | undefined> {
  const { rows } = await tx.query<{ month: string }>(
    `select to_char(month, 'YYYY-MM') as month from ledger.closing
     where state = 'closed' and month::timestamp at time zone 'Asia/Shanghai' <= $2
       and (month + interval '1 month')::timestamp at time zone 'Asia/Shanghai' > $1
     order by month limit 1`,
    [instant(from), instant(to)],
  );
  return rows[0]?.month;
}

/** The last good reading of a register before an instant. */
export async function lastReading(tx: Tx, meterId: number, point: number, before: number): Promise<bigint | undefined> {
  const { rows } = await tx.query<{ value: bigint }>(
    `select r.value from metering.reading r
     where r.meter_id = $1 and r.point = $2 and r.ts < $3 and r.quality <> 2
       and not exists (select from ledger.decision d where d.meter_id = r.meter_id and d.point = r.point
         and d.effect = 'set-aside' and r.ts > d.from_ts and r.ts < d.to_ts)
     order by r.ts desc limit 1`,
    [meterId, point, instant(before)],
  );
  return rows[0]?.value;
}

const instant = (t: number): Date | string => {
  if (Number.isFinite(t)) return new Date(t);
  return t > 0 ? 'infinity' : '-infinity';
};
