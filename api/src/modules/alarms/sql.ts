import type { AlarmState, FindingKind, Outcome, Severity, UnitKind } from '@ganzhi/analytics/rules';
import type { Db, Tx } from '@ganzhi/schemas/db';
import { cut, decodeCursor, keyset } from '../../lib/page.ts';
import { Parameters } from '../../lib/statement.ts';

/** No scope in the text: row security of alarm.alarm and alarm.member keeps it. */

export interface AlarmRow {
  id: bigint;
  kind: FindingKind;
  severity: Severity;
  unit_kind: UnitKind;
  unit: string;
  institution_id: number | null;
  institution_zh: string | null;
  institution_en: string | null;
  division_code: string;
  division_zh: string | null;
  division_en: string | null;
  gateway_code: string | null;
  meter_code: string | null;
  meter_zh: string | null;
  meter_en: string | null;
  meters: number;
  began_at: number;
  began_text: string;
  ended_at: number | null;
  detected_at: number;
  state: AlarmState;
  outcome: Outcome | null;
  assigned_to: string | null;
  estimated_amount: string | null;
  amount_unit: string | null;
  estimated_cny: string | null;
  monthly_amount: string | null;
  monthly_cny: string | null;
  tariff_id: number | null;
  version: number;
}

export interface AlarmDetailRow extends AlarmRow {
  seen_at: number;
  resolved_at: number | null;
  confirmed_at: number | null;
  cause_id: bigint | null;
  evidence: Record<string, string | number>;
  plot: {
    fromMs: number;
    stepMs: number;
    unit: string;
    found: (number | null)[];
    expected: (number | null)[];
  } | null;
}

const COLUMNS = `a.id, a.kind, a.severity, a.unit_kind, a.unit, a.institution_id, i.name_zh as institution_zh,
  i.name_en as institution_en, a.division_code, d.name_zh as division_zh, d.name_en as division_en, g.code as gateway_code,
  m.code as meter_code, m.name_zh as meter_zh, m.name_en as meter_en,
  (select count(*)::int4 from alarm.member x where x.alarm_id = a.id) as meters, a.began_at, a.began_at::text as began_text,
  a.ended_at, a.detected_at, a.state, a.outcome, u.login as assigned_to, a.estimated_amount, a.amount_unit, a.estimated_cny,
  a.monthly_amount, a.monthly_cny, a.tariff_id, a.version`;
const FROM = `from alarm.alarm a
  left join registry.institution i on i.id = a.institution_id
  left join registry.division d on d.code = a.division_code
  left join registry.gateway g on g.id = a.gateway_id
  left join registry.meter m on m.id = a.meter_id
  left join platform.app_user u on u.id = a.assigned_to`;

export interface AlarmFilter {
  state?: string | undefined;
  living?: boolean | undefined;
  kind?: string | undefined;
  severity?: string | undefined;
  institution?: number | undefined;
  since?: number | undefined;
}

function conditions(
  { state, living, kind, severity, institution, since }: AlarmFilter,
  bind: (value: unknown) => string,
): string {
  const parts = ['true'];
  if (state !== undefined) parts.push(`a.state = ${bind(state)}`);
  if (living !== undefined) parts.push(`a.state ${living ? '<>' : '='} 'confirmed'`);
  if (kind !== undefined) parts.push(`a.kind = ${bind(kind)}`);
  if (severity !== undefined) parts.push(`a.severity = ${bind(severity)}`);
  if (since !== undefined) parts.push(`a.began_at >= ${bind(new Date(since))}::timestamptz`);
  if (institution !== undefined) {
    const id = bind(institution);
    // a cause above institutions is theirs too whose meters it strikes
    parts.push(`(a.institution_id = ${id} or (a.institution_id is null
      and exists (select from alarm.member x where x.alarm_id = a.id and x.institution_id = ${id})))`);
  }
  return parts.join(' and ');
}

/** Those that began last first. */
export async function listAlarms(db: Db, filter: AlarmFilter, page: { limit: number; cursor?: string | undefined }) {
  const { bind, values } = new Parameters();
  const after = decodeCursor('began', page.cursor, { value: 'timestamptz', id: 'int8' });
  const where = conditions(filter, bind);
  const key = { sql: 'a.began_at', type: 'timestamptz', descending: true } as const;
  const paging = keyset(key, { sql: 'a.id', type: 'int8' }, after, bind);
  const { rows } = await db.query<AlarmRow>(
    `select ${COLUMNS} ${FROM} where ${where} and ${paging.where} order by ${paging.orderBy} limit ${bind(page.limit + 1)}`,
    values,
  );
  return cut(rows, page.limit, 'began', (row) => ({ value: row.began_text, id: String(row.id) }));
}

/** @param lock keeps others, and the data, from changing it in this transaction */
export async function findAlarm(db: Db | Tx, id: number, lock = false): Promise<AlarmDetailRow | undefined> {
  const { rows } = await db.query<AlarmDetailRow>(
    `select ${COLUMNS}, a.seen_at, a.resolved_at, a.confirmed_at, a.cause_id, a.evidence, a.plot ${FROM} where a.id = $1
     ${lock ? 'for update of a' : ''}`,
    [id],
  );
  return rows[0];
}

const MOST_MEMBERS = 500;

export async function membersOf(db: Db | Tx, id: number) {
  const { rows } = await db.query<{
    meterId: number;
    code: string;
    zh: string;
    en: string;
    institutionId: number;
    endedAt: number | null;
  }>(
    `select x.meter_id as "meterId", m.code, m.name_zh as zh, m.name_en as en, x.institution_id as "institutionId",
       x.ended_at as "endedAt"
     from alarm.member x join registry.meter m on m.id = x.meter_id where x.alarm_id = $1 order by m.code limit $2`,
    [id, MOST_MEMBERS],
  );
  return rows;
}

export async function historyOf(db: Db | Tx, id: number) {
  const { rows } = await db.query<{
    at: number;
    actor: string;
    action: string;
    state: AlarmState;
    reason: string | null;
    note: string;
  }>(`select at, actor, action, state, reason, note from alarm.event where alarm_id = $1 order by id limit 1000`, [id]);
  return rows;
}

export async function toldOf(db: Db | Tx, id: number) {
  const { rows } = await db.query<{ login: string; at: number; seenAt: number | null }>(
    `select u.login, t.at, n.seen_at as "seenAt" from alarm.told t join platform.app_user u on u.id = t.user_id
     left join lateral (select max(n.seen_at) as seen_at from platform.notification n
       where n.user_id = t.user_id and n.subject in ($2, 'alarms') and n.created_at = t.at) n on true
     where t.alarm_id = $1 order by t.at, u.login`,
    [id, `alarm/${id}`],
  );
  return rows;
}

/** Moves an alarm on by a person, with its history. */
export async function moveAlarm(
  tx: Tx,
  id: number,
  to: { state: AlarmState; assignedTo?: number },
  event: { actor: string; action: string; note: string; now: number },
): Promise<void> {
  const at = new Date(event.now);
  await tx.query(
    `update alarm.alarm set state = $2, assigned_to = coalesce($3, assigned_to), version = version + 1,
       resolved_at = case when $2 = 'resolved' then $4::timestamptz else resolved_at end
     where id = $1`,
    [id, to.state, to.assignedTo ?? null, at],
  );
  await tx.query(`insert into alarm.event (alarm_id, at, actor, action, state, note) values ($1, $2, $3, $4, $5, $6)`, [
    id,
    at,
    event.actor,
    event.action,
    to.state,
    event.note,
  ]);
}

/** A cause above institutions is handled by who holds its division. */
export async function holdsDivision(tx: Tx, divisionCode: string): Promise<boolean> {
  const { rows } = await tx.query<{ holds: boolean }>(
    'select platform.claimed_all(false) or $1 in (select platform.claimed_divisions()) as holds',
    [divisionCode],
  );
  return rows[0]?.holds ?? false;
}
