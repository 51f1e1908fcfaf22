import type { Db, Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { cut, decodeCursor } from '../../lib/page.ts';
import type { Account, AccountPatch, NewAccount } from './schema.ts';

type AccountRow = z.infer<typeof Account>;
const ACCOUNT = `a.id, a.institution_id as "institutionId", a.carrier, a.account_no as "accountNo", a.supplier, a.purpose, a.counting, a.version,
  case when a.closed_on is not null then jsonb_build_object('on', a.closed_on, 'reason', a.closed_reason) end as closed`;

const byId = (row: { id: number | bigint }) => ({ value: String(row.id), id: String(row.id) });

export async function listAccounts(
  db: Db,
  filter: { institutionId?: number | undefined; limit: number; cursor?: string | undefined },
) {
  const after = decodeCursor('id', filter.cursor, { value: 'numeric', id: 'int4' });
  const { rows } = await db.query<AccountRow>(
    `select ${ACCOUNT} from energy.utility_account a
     where ($1::int4 is null or a.institution_id = $1) and a.id > $2::int4 order by a.id limit $3`,
    [filter.institutionId ?? null, after?.id ?? 0, filter.limit + 1],
  );
  return cut(rows, filter.limit, 'id', byId);
}

export async function insertAccount(
  tx: Tx,
  row: z.infer<typeof NewAccount>,
  by: string,
): Promise<AccountRow | undefined> {
  const { rows } = await tx.query<AccountRow>(
    `insert into energy.utility_account as a (institution_id, carrier, account_no, supplier, purpose, counting, created_by)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (carrier, account_no) do nothing returning ${ACCOUNT}`,
    [row.institutionId, row.carrier, row.accountNo, row.supplier, row.purpose, row.counting, by],
  );
  return rows[0];
}

/** An account, locked: its bills are written one after another, so that none overlaps another unseen. */
export async function lockAccount(tx: Tx, id: number): Promise<AccountRow | undefined> {
  await tx.query('select pg_advisory_xact_lock(72190423, $1)', [id]);
  const { rows } = await tx.query<AccountRow>(`select ${ACCOUNT} from energy.utility_account a where a.id = $1`, [id]);
  return rows[0];
}

export async function updateAccount(tx: Tx, before: AccountRow, patch: z.infer<typeof AccountPatch>): Promise<void> {
  const { supplier = before.supplier, purpose = before.purpose, counting = before.counting } = patch;
  await tx.query('update energy.utility_account set supplier = $2, purpose = $3, counting = $4 where id = $1', [
    before.id,
    supplier,
    purpose,
    counting,
  ]);
}

export async function closeAccount(tx: Tx, id: number, on: string, reason: string): Promise<void> {
  await tx.query('update energy.utility_account set closed_on = $2, closed_reason = $3 where id = $1', [
    id,
    on,
    reason,
  ]);
}

/** Accounts by carrier and number, for imports. */
export async function accountsByNumber(tx: Tx, numbers: readonly string[]): Promise<AccountRow[]> {
  const { rows } = await tx.query<AccountRow>(
    `select ${ACCOUNT} from energy.utility_account a where a.account_no = any($1::text[]) order by a.id`,
    [numbers],
  );
  return rows;
}

export interface BillSpan {
  id: bigint;
  accountId: number;
  fromDay: string;
  toDay: string;
  quantity: string;
}

/** Bills in force of some accounts. */
export async function billsOf(tx: Tx, accountIds: readonly number[]): Promise<BillSpan[]> {
  const { rows } = await tx.query<BillSpan>(
    `select id, account_id as "accountId", from_day as "fromDay", to_day as "toDay", quantity from energy.bill
     where account_id = any($1::int4[]) and voided_at is null`,
    [accountIds],
  );
  return rows;
}

export interface BillRow {
  id: bigint;
  accountId: number;
  institutionId: number;
  carrier: string;
  unit: string;
  fromDay: string;
  toDay: string;
  quantity: string;
  costCny: string | null;
  documentRef: string;
  origin: 'entry' | 'import';
  explanation: string | null;
  enteredBy: string;
  enteredAt: number;
  voidedBy: string | null;
  voidedAt: number | null;
  voidReason: string | null;
}

const BILL = `b.id, b.account_id as "accountId", a.institution_id as "institutionId", a.carrier, c.unit,
  b.from_day as "fromDay", b.to_day as "toDay", trim_scale(b.quantity) as quantity, b.cost_cny as "costCny",
  b.document_ref as "documentRef", b.origin, b.explanation, b.entered_by as "enteredBy", b.entered_at as "enteredAt",
  b.voided_by as "voidedBy", b.voided_at as "voidedAt", b.void_reason as "voidReason"`;
const FROM = `energy.bill b join energy.utility_account a on a.id = b.account_id join energy.carrier c on c.code = a.carrier`;

export async function listBills(
  db: Db,
  filter: {
    accountId?: number | undefined;
    institutionId?: number | undefined;
    limit: number;
    cursor?: string | undefined;
  },
) {
  const after = decodeCursor('id', filter.cursor, { value: 'numeric', id: 'int8' });
  const { rows } = await db.query<BillRow>(
    `select ${BILL} from ${FROM}
     where ($1::int4 is null or b.account_id = $1) and ($2::int4 is null or a.institution_id = $2) and b.id > $3::int8
     order by b.id limit $4`,
    [filter.accountId ?? null, filter.institutionId ?? null, after?.id ?? 0, filter.limit + 1],
  );
  return cut(rows, filter.limit, 'id', byId);
}

export async function oneBill(db: Db | Tx, id: number | bigint): Promise<BillRow | undefined> {
  const { rows } = await db.query<BillRow>(`select ${BILL} from ${FROM} where b.id = $1`, [id]);
  return rows[0];
}

export interface BillValues {
  accountId: number;
  from: string;
  to: string;
  quantity: string;
  costCny: string | null;
  documentRef: string;
  explanation: string | null;
}

export async function insertBills(
  tx: Tx,
  bills: readonly BillValues[],
  origin: 'entry' | 'import',
  by: string,
  at: number,
): Promise<bigint[]> {
  const { rows } = await tx.query<{ id: bigint }>(
    `insert into energy.bill (account_id, from_day, to_day, quantity, cost_cny, document_ref, explanation, origin, entered_by,
       entered_at)
     select r."accountId", r."from", r."to", r.quantity, r."costCny", r."documentRef", r.explanation, $2, $3, $4
     from json_to_recordset($1) as r("accountId" int4, "from" date, "to" date, quantity numeric, "costCny" numeric,
       "documentRef" text, explanation text) returning id`,
    [JSON.stringify(bills), origin, by, new Date(at)],
  );
  return rows.map(({ id }) => id);
}

/** False when it was voided before. */
export async function voidBill(tx: Tx, id: number, reason: string, by: string, at: number): Promise<boolean> {
  const { rowCount } = await tx.query(
    'update energy.bill set voided_by = $2, voided_at = $3, void_reason = $4 where id = $1 and voided_at is null',
    [id, by, new Date(at), reason],
  );
  return rowCount === 1;
}

export async function insertSeries(
  tx: Tx,
  series: { institutionId: number; carrier: string; purpose: string; name: string; sourceDocument: string },
  hours: readonly { hour: number; quantity: string }[],
  by: string,
): Promise<number> {
  const { rows } = await tx.query<{ id: number }>(
    `insert into energy.series (institution_id, carrier, purpose, name, source_document, created_by)
     values ($1, $2, $3, $4, $5, $6) returning id`,
    [series.institutionId, series.carrier, series.purpose, series.name, series.sourceDocument, by],
  );
  const id = rows[0]?.id ?? 0;
  await tx.query('insert into energy.series_hour select $1, * from unnest($2::timestamptz[], $3::numeric[])', [
    id,
    hours.map(({ hour }) => new Date(hour)),
    hours.map(({ quantity }) => quantity),
  ]);
  return id;
}

/** First hour of an import that an earlier series of the institution and carrier holds already. */
export async function overlappingHour(
  tx: Tx,
  { institutionId, carrier, purpose }: { institutionId: number; carrier: string; purpose: string },
  hours: readonly number[],
): Promise<number | undefined> {
  await tx.query('select pg_advisory_xact_lock(72190424, $1)', [institutionId]);
  const { rows } = await tx.query<{ hour: number }>(
    `select h.hour from energy.series s join energy.series_hour h on h.series_id = s.id
     where s.institution_id = $1 and s.carrier = $2 and s.purpose = $3 and h.hour = any($4::timestamptz[])
     order by h.hour limit 1`,
    [institutionId, carrier, purpose, hours.map((hour) => new Date(hour))],
  );
  return rows[0]?.hour;
}
