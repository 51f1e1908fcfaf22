import type { Db, Tx } from '@ganzhi/schemas/db';
import { cut, decodeCursor } from '../../lib/page.ts';

export interface ReadingRow {
  id: bigint;
  meterId: number;
  meterCode: string;
  ts: number;
  register: string;
  unit: string;
  photoRef: string;
  findings: { kind: string; detail: string }[];
  explanation: string | null;
  state: 'waiting' | 'confirmed' | 'rejected';
  enteredBy: string;
  enteredAt: number;
  checkedBy: string | null;
  checkedAt: number | null;
  bookedAt: number | null;
}

const COLUMNS = `r.id, r.meter_id as "meterId", m.code as "meterCode", r.ts, trim_scale(r.register) as register, q.unit,
  r.photo_ref as "photoRef", r.findings, r.explanation, r.state, r.entered_by as "enteredBy", r.entered_at as "enteredAt",
  r.checked_by as "checkedBy", r.checked_at as "checkedAt", r.booked_at as "bookedAt"`;
const FROM = `energy.manual_reading r join registry.meter m on m.id = r.meter_id
  join registry.quantity q on q.id = registry.booked_point(m.medium)`;

export async function listManualReadings(
  db: Db,
  filter: { meterId?: number | undefined; state?: string | undefined; limit: number; cursor?: string | undefined },
) {
  const after = decodeCursor('id', filter.cursor, { value: 'numeric', id: 'int8' });
  const { rows } = await db.query<ReadingRow>(
    `select ${COLUMNS} from ${FROM}
     where ($1::int4 is null or r.meter_id = $1) and ($2::text is null or r.state = $2) and r.id > $3::int8
     order by r.id limit $4`,
    [filter.meterId ?? null, filter.state ?? null, after?.id ?? 0, filter.limit + 1],
  );
  return cut(rows, filter.limit, 'id', (row) => ({ value: String(row.id), id: String(row.id) }));
}

/** One reading, locked when it is about to be checked. */
export async function oneReading(db: Db | Tx, id: number | bigint, lock = false): Promise<ReadingRow | undefined> {
  const { rows } = await db.query<ReadingRow>(
    `select ${COLUMNS} from ${FROM} where r.id = $1 ${lock ? 'for update of r' : ''}`,
    [id],
  );
  return rows[0];
}

/** A meter that persons may read: booked, and no gateway sends it. */
export async function offlineMeter(tx: Tx, id: number) {
  const { rows } = await tx.query<{ code: string; gatewayId: number | null; decimals: number }>(
    `select m.code, m.gateway_id as "gatewayId", p.decimals from registry.meter m
     join registry.point p on p.meter_id = m.id and p.point = registry.booked_point(m.medium) where m.id = $1`,
    [id],
  );
  return rows[0];
}

/** Registers of a meter as persons read them, those waiting too, in order of time. */
export async function registersOf(tx: Tx, meterId: number) {
  const { rows } = await tx.query<{ ts: number; register: string }>(
    `select ts, trim_scale(register) as register from energy.manual_reading
     where meter_id = $1 and state <> 'rejected' order by ts`,
    [meterId],
  );
  return rows;
}

export async function insertReading(
  tx: Tx,
  row: { meterId: number; at: number; register: string; photoRef: string; explanation: string | null },
  findings: readonly { kind: string; detail: string }[],
  by: string,
  now: number,
): Promise<bigint> {
  const { rows } = await tx.query<{ id: bigint }>(
    `insert into energy.manual_reading (meter_id, ts, register, photo_ref, findings, explanation, state, entered_by, entered_at)
     values ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8) returning id`,
    [
      row.meterId,
      new Date(row.at),
      row.register,
      row.photoRef,
      JSON.stringify(findings),
      row.explanation,
      by,
      new Date(now),
    ],
  );
  return rows[0]?.id ?? 0n;
}

export async function decide(
  tx: Tx,
  id: bigint,
  state: 'confirmed' | 'rejected',
  by: string,
  now: number,
): Promise<void> {
  await tx.query('update energy.manual_reading set state = $2, checked_by = $3, checked_at = $4 where id = $1', [
    id,
    state,
    by,
    new Date(now),
  ]);
}
