import type { Db, Tx } from '@ganzhi/schemas/db';
import { cut, decodeCursor } from '../../lib/page.ts';

export interface ClosingRow {
  id: number;
  month: string;
  state: 'open' | 'closed' | 'reopened';
  pending: 'close' | 'reopen' | null;
  pending_reason: string | null;
  pending_by: number | null;
  asker: string | null;
  pending_at: number | null;
}

const SELECT = `
  select c.id, c.month, c.state, c.pending, c.pending_reason, c.pending_by, u.login as asker, c.pending_at
  from ledger.closing c left join platform.app_user u on u.id = c.pending_by`;

export async function listClosings(db: Db): Promise<ClosingRow[]> {
  const { rows } = await db.query<ClosingRow>(`${SELECT} order by c.month desc`);
  return rows;
}

export async function findClosing(db: Db | Tx, id: number, lock = false): Promise<ClosingRow | undefined> {
  const { rows } = await db.query<ClosingRow>(`${SELECT} where c.id = $1 ${lock ? 'for update of c' : ''}`, [id]);
  return rows[0];
}

/** A month by its first day; the latest that was ever closed when none is named. */
export async function closedBefore(db: Db, month: string | undefined): Promise<ClosingRow | undefined> {
  const { rows } = await db.query<ClosingRow>(
    `${SELECT} where c.state <> 'open' and ($1::date is null or c.month = $1::date) order by c.month desc limit 1`,
    [month ?? null],
  );
  return rows[0];
}

/** The row of a month, made when it is not there yet; locked. */
export async function closingOf(tx: Tx, month: string): Promise<ClosingRow | undefined> {
  await tx.query('insert into ledger.closing (month) values ($1) on conflict do nothing', [month]);
  const { rows } = await tx.query<ClosingRow>(`${SELECT} where c.month = $1 for update of c`, [month]);
  return rows[0];
}

export async function ask(
  tx: Tx,
  id: number,
  pending: { action: 'close' | 'reopen'; reason: string; userId: number; now: number },
): Promise<void> {
  await tx.query(
    `update ledger.closing set pending = $2, pending_reason = $3, pending_by = $4, pending_at = $5 where id = $1`,
    [id, pending.action, pending.reason, pending.userId, new Date(pending.now)],
  );
}

/** The pending step is decided: who, when, and the new state. */
export async function decide(
  tx: Tx,
  row: ClosingRow,
  decision: { event: 'close' | 'reopen' | 'refuse'; userId: number; now: number },
): Promise<number> {
  const { event, userId, now } = decision;
  const { rows } = await tx.query<{ id: number }>(
    `insert into ledger.closing_event (closing_id, event, reason, asked_by, decided_by, at)
     values ($1, $2, $3, $4, $5, $6) returning id`,
    [row.id, event, row.pending_reason, row.pending_by, userId, new Date(now)],
  );
  const state = { close: 'closed', reopen: 'reopened', refuse: row.state }[event];
  await tx.query(
    `update ledger.closing set state = $2, pending = null, pending_reason = null, pending_by = null, pending_at = null
     where id = $1`,
    [row.id, state],
  );
  return rows[0]?.id ?? 0;
}

/**
 * Books the month as the ledger has it now. What was booked before and is another figure now is reversed, and booked anew;
 * what did not change is not touched.
 */
export async function bookMonth(tx: Tx, row: ClosingRow, eventId: number): Promise<number> {
  const { rowCount } = await tx.query(
    `with figure as (select * from ledger.month_figure($3::date)),
     stands as (
       select meter_id, point, sum(energy)::int8 as energy, sum(disputed)::int8 as disputed
       from ledger.entry where closing_id = $1::int4 group by meter_id, point),
     changed as (
       select coalesce(f.meter_id, s.meter_id) as meter_id, coalesce(f.point, s.point) as point, s.meter_id is not null as was_booked,
         f.meter_id is not null as is_known, s.energy as old_energy, s.disputed as old_disputed, f.energy, f.disputed
       from figure f full join stands s on s.meter_id = f.meter_id and s.point = f.point
       where (f.energy, f.disputed) is distinct from (s.energy, s.disputed))
     insert into ledger.entry (closing_id, event_id, meter_id, point, kind, energy, disputed)
     select $1::int4, $2::int4, meter_id, point, 'reversal', -old_energy, -old_disputed from changed where was_booked
     union all
     select $1::int4, $2::int4, meter_id, point, case when was_booked then 'correction' else 'closing' end, energy, disputed
     from changed where is_known`,
    [row.id, eventId, row.month],
  );
  return rowCount ?? 0;
}

export interface EventRow {
  closing_id: number;
  event: 'close' | 'reopen' | 'refuse';
  reason: string;
  asker: string;
  decider: string;
  at: number;
}

export async function eventsOf(db: Db | Tx, ids: readonly number[]): Promise<EventRow[]> {
  const { rows } = await db.query<EventRow>(
    `select e.closing_id, e.event, e.reason, a.login as asker, b.login as decider, e.at from ledger.closing_event e
     join platform.app_user a on a.id = e.asked_by join platform.app_user b on b.id = e.decided_by
     where e.closing_id = any($1) order by e.id`,
    [ids],
  );
  return rows;
}

export interface EntryRow {
  id: bigint;
  meter_id: number;
  meter_code: string;
  kind: 'closing' | 'reversal' | 'correction';
  unit: string;
  energy: string;
  disputed: string;
  at: number;
  reason: string;
}

/** Joined with the registry, which keeps the scope. */
export async function listEntries(
  db: Db,
  month: string | undefined,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ rows: readonly EntryRow[]; nextCursor: string | null }> {
  const after = decodeCursor('id', page.cursor, { value: 'text', id: 'int8' });
  const { rows } = await db.query<EntryRow>(
    `select e.id, e.meter_id, m.code as meter_code, e.kind, q.unit, e.energy * p.unit_value as energy,
       e.disputed * p.unit_value as disputed, v.at, v.reason
     from ledger.entry e
     join registry.meter m on m.id = e.meter_id
     join registry.point p on p.meter_id = e.meter_id and p.point = e.point
     join registry.quantity q on q.id = e.point
     join ledger.closing_event v on v.id = e.event_id
     join ledger.closing c on c.id = e.closing_id
     where ($1::date is null or c.month = $1::date) and e.id > $2 order by e.id limit $3`,
    [month ?? null, after?.id ?? 0, page.limit + 1],
  );
  return cut(rows, page.limit, 'id', (row) => ({ value: null, id: String(row.id) }));
}

export interface DifferenceRow {
  meter_id: number;
  meter_code: string;
  unit: string;
  closed: string;
  now: string;
}

export async function listDifferences(db: Db, row: ClosingRow): Promise<DifferenceRow[]> {
  const { rows } = await db.query<DifferenceRow>(
    `with stands as (
       select meter_id, point, sum(energy)::int8 as energy from ledger.entry where closing_id = $1 group by meter_id, point)
     select m.id as meter_id, m.code as meter_code, q.unit, coalesce(s.energy, 0) * p.unit_value as closed,
       coalesce(f.energy, 0) * p.unit_value as now
     from ledger.month_figure($2::date) f
     full join stands s on s.meter_id = f.meter_id and s.point = f.point
     join registry.meter m on m.id = coalesce(f.meter_id, s.meter_id)
     join registry.point p on p.meter_id = m.id and p.point = coalesce(f.point, s.point)
     join registry.quantity q on q.id = p.point
     where f.energy is distinct from s.energy order by m.code limit 1000`,
    [row.id, row.month],
  );
  return rows;
}
