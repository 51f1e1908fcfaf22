import { SECOND } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import type { KnownAlarm } from '../rules/alarm/reconcile.ts';
import { type Finding, severityOf } from '../rules/detect/finding.ts';

/** Only one look at a time changes alarms: two that found the same would both open one. */
export const lockAlarms = (tx: Tx) => tx.query("select pg_advisory_xact_lock(hashtext('alarm.reconcile'))");

/**
 * Living alarms, and those that ended after an instant; locked, so that what a person does meanwhile comes before or after.
 *
 * @param institutionIds null: of the whole city, those above institutions too
 */
export async function readAlarms(
  tx: Tx,
  institutionIds: readonly number[] | null,
  kinds: readonly string[],
  endedAfterMs: number,
): Promise<KnownAlarm[]> {
  const { rows } = await tx.query<
    Omit<KnownAlarm, 'toMs' | 'outcome' | 'resolvedMs'> & {
      toMs: number | null;
      outcome: KnownAlarm['outcome'] | null;
      resolvedMs: number | null;
    }
  >(
    `select a.id, a.kind, a.unit, a.began_at as "fromMs", a.ended_at as "toMs", a.state, a.outcome,
       a.resolved_at as "resolvedMs",
       array(select m.meter_id from alarm.member m where m.alarm_id = a.id order by m.meter_id) as "meterIds"
     from alarm.alarm a
     where a.kind = any($2::text[]) and ($1::int4[] is null or a.institution_id = any($1))
       and (a.state <> 'confirmed' or coalesce(a.ended_at, a.confirmed_at) >= $3)
     order by a.id for update`,
    [institutionIds, kinds, new Date(endedAfterMs)],
  );
  return rows.map(({ toMs, outcome, resolvedMs, ...row }) => ({
    ...row,
    toMs: toMs ?? undefined,
    outcome: outcome ?? undefined,
    resolvedMs: resolvedMs ?? undefined,
  }));
}

/** Where a cause stands in the registry. */
export interface AlarmPlace {
  readonly institutionId: number | null;
  readonly divisionCode: string;
  readonly gatewayId: number | null;
  readonly meterId: number | null;
}

export interface Estimate {
  readonly amount: number | null;
  readonly unit: string | null;
  readonly cny: number | null;
  readonly monthlyAmount: number | null;
  readonly monthlyCny: number | null;
  readonly tariffId: number | null;
}

/** A figure that no division gave and that a column holds. */
const isFigure = (value: string | number): boolean => typeof value === 'string' || Math.abs(value) < 1e13;
const shownOf = ({ evidence, plot }: Finding) => [
  JSON.stringify(Object.fromEntries(Object.entries(evidence).filter(([, value]) => isFigure(value)))),
  JSON.stringify(plot ?? null),
];
const estimateOf = ({ amount, unit, cny, monthlyAmount, monthlyCny, tariffId }: Estimate) =>
  [amount, unit, cny, monthlyAmount, monthlyCny, tariffId].map((value) =>
    typeof value === 'number' && !isFigure(value) ? null : value,
  );
/** A moment has a length too: an alarm's time is half-open. */
const endOf = ({ fromMs, toMs }: Finding) => (toMs === undefined ? null : new Date(Math.max(toMs, fromMs + SECOND)));

export async function insertAlarm(
  tx: Tx,
  finding: Finding,
  place: AlarmPlace,
  estimate: Estimate,
  { state, now }: { state: 'open' | 'confirmed'; now: number },
): Promise<bigint> {
  const at = new Date(now);
  const isOver = state === 'confirmed';
  const { rows } = await tx.query<{ id: bigint }>(
    `insert into alarm.alarm (kind, severity, unit_kind, unit, institution_id, division_code, gateway_id, meter_id, began_at,
       ended_at, state, outcome, detected_at, seen_at, confirmed_at, evidence, plot, estimated_amount, amount_unit,
       estimated_cny, monthly_amount, monthly_cny, tariff_id, told_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $14)
     returning id`,
    [
      finding.kind,
      severityOf(finding.kind),
      finding.unitKind,
      finding.unit,
      place.institutionId,
      place.divisionCode,
      place.gatewayId,
      place.meterId,
      new Date(finding.fromMs),
      endOf(finding),
      state,
      isOver ? 'over' : null,
      at,
      // what was over before anybody could be told calls nobody
      isOver ? at : null,
      ...shownOf(finding),
      ...estimateOf(estimate),
    ],
  );
  return rows[0]?.id ?? 0n;
}

/** What was found now; state and version stay. A switch of kind (no data → no answer) keeps the alarm. */
export async function updateAlarm(
  tx: Tx,
  id: bigint,
  finding: Finding,
  estimate: Estimate,
  now: number,
): Promise<void> {
  await tx.query(
    `update alarm.alarm set kind = $2, severity = $3, began_at = $4, ended_at = $5, seen_at = $6, evidence = $7, plot = $8,
       estimated_amount = $9, amount_unit = $10, estimated_cny = $11, monthly_amount = $12, monthly_cny = $13, tariff_id = $14
     where id = $1`,
    [
      id,
      finding.kind,
      severityOf(finding.kind),
      new Date(finding.fromMs),
      endOf(finding),
      new Date(now),
      ...shownOf(finding),
      ...estimateOf(estimate),
    ],
  );
}

export async function confirmAlarm(
  tx: Tx,
  id: bigint,
  how: { outcome: string; endMs: number; causeId: bigint | null; now: number },
): Promise<void> {
  await tx.query(
    `update alarm.alarm set state = 'confirmed', outcome = $2, cause_id = $3, confirmed_at = $5, version = version + 1,
       ended_at = greatest(coalesce(ended_at, $4::timestamptz), began_at + interval '1 second'),
       told_at = coalesce(told_at, $5)
     where id = $1`,
    [id, how.outcome, how.causeId, new Date(how.endMs), new Date(how.now)],
  );
  await tx.query('update alarm.member set ended_at = $2 where alarm_id = $1 and ended_at is null', [
    id,
    new Date(how.endMs),
  ]);
}

/** @param again people are told again: somebody had said that it was done */
export async function reopenAlarm(tx: Tx, id: bigint, again: boolean): Promise<void> {
  await tx.query(
    `update alarm.alarm set state = 'open', outcome = null, cause_id = null, confirmed_at = null, resolved_at = null,
       version = version + 1, told_at = case when $2 then null else told_at end
     where id = $1`,
    [id, again],
  );
}

/** Brings the members in line: those not struck any more have ended, with the day they did. */
export async function writeMembers(tx: Tx, id: bigint, meterIds: readonly number[], now: number): Promise<void> {
  await tx.query(
    `insert into alarm.member (alarm_id, meter_id, institution_id)
     select $1, m.id, m.institution_id from registry.meter m where m.id = any($2::int4[])
     on conflict (alarm_id, meter_id) do update set ended_at = null where member.ended_at is not null`,
    [id, meterIds],
  );
  await tx.query(
    `update alarm.member set ended_at = $3 where alarm_id = $1 and ended_at is null and not meter_id = any($2::int4[])`,
    [id, meterIds, new Date(now)],
  );
}

export async function writeEvent(
  tx: Tx,
  event: { alarmId: bigint; action: 'opened' | 'reopened' | 'confirmed'; state: string; reason: string; now: number },
): Promise<void> {
  await tx.query(
    `insert into alarm.event (alarm_id, at, actor, action, state, reason) values ($1, $2, 'data', $3, $4, $5)`,
    [event.alarmId, new Date(event.now), event.action, event.state, event.reason],
  );
}
