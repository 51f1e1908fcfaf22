import { type Db, withTx } from '@ganzhi/schemas/db';
import { SAME_WITHIN_MS, SILENCE } from '../rules/alarm/policy.ts';
import { type Change, type Look, reconcile } from '../rules/alarm/reconcile.ts';
import type { Finding } from '../rules/detect/finding.ts';
import type { MeterPlace } from './places.ts';
import { type Prices, readPrices } from './prices.ts';
import * as sql from './sql.ts';

export interface Applied {
  readonly opened: number;
  readonly reopened: number;
  readonly confirmed: number;
}

const NOTHING: sql.Estimate = {
  amount: null,
  unit: null,
  cny: null,
  monthlyAmount: null,
  monthlyCny: null,
  tariffId: null,
};

/**
 * Brings the alarms of some institutions in line with what was found, in one transaction.
 *
 * @param institutionIds those looked at; null: the whole city
 * @param places meters of these institutions, to say where a cause stands
 */
export async function applyFindings(
  db: Db,
  findings: readonly Finding[],
  look: Look,
  institutionIds: readonly number[] | null,
  places: readonly MeterPlace[],
): Promise<Applied> {
  const placeOf = new Map(places.map((place) => [place.meterId, place]));
  const known = findings.filter(({ meterIds }) => meterIds.some((id) => placeOf.has(id)));
  return withTx(db, async (tx) => {
    await sql.lockAlarms(tx);
    // one silence may be told under another kind than before
    const isSilence = known.some(({ kind }) => SILENCE.has(kind));
    const found = known.map(({ kind }) => kind);
    const kinds = [...new Set([...look.kinds, ...found, ...(isSilence ? SILENCE : [])])];
    const alarms = await sql.readAlarms(tx, institutionIds, kinds, look.fromMs - SAME_WITHIN_MS);
    const changes = reconcile(alarms, known, look);
    const priced = changes.flatMap((change) => change.finding?.meterIds ?? []);
    const prices = await readPrices(
      tx,
      [...new Set(priced.flatMap((id) => placeOf.get(id)?.institutionId ?? []))],
      look.nowMs,
    );
    const ids = new Map<string, bigint>();
    const applied = { opened: 0, reopened: 0, confirmed: 0 };
    // causes before what they take in
    for (const change of changes.toSorted((a, b) => rank(a) - rank(b))) {
      if (change.does === 'open') applied.opened += 1;
      if (change.does === 'reopen') applied.reopened += 1;
      if (change.does === 'confirm') applied.confirmed += 1;
      const id = await applyOne(tx, change, { now: look.nowMs, placeOf, prices, ids });
      if (change.finding) ids.set(keyOf(change.finding), id);
    }
    return applied;
  });
}

const rank = (change: Change): number => (change.does === 'confirm' && change.cause ? 1 : 0);

const keyOf = ({ unit, kind }: Finding): string => `${unit}|${kind}`;

interface Means {
  readonly now: number;
  readonly placeOf: ReadonlyMap<number, MeterPlace>;
  readonly prices: Prices;
  readonly ids: ReadonlyMap<string, bigint>;
}

async function applyOne(
  tx: Parameters<typeof sql.insertAlarm>[0],
  change: Change,
  { now, placeOf, prices, ids }: Means,
): Promise<bigint> {
  if (change.does === 'open') {
    const { finding, state } = change;
    const id = await sql.insertAlarm(tx, finding, alarmPlace(finding, placeOf), estimateOf(finding, placeOf, prices), {
      state,
      now,
    });
    await sql.writeMembers(tx, id, finding.meterIds, now);
    await sql.writeEvent(tx, { alarmId: id, action: 'opened', state: 'open', reason: 'found', now });
    if (state === 'confirmed') {
      await sql.writeEvent(tx, { alarmId: id, action: 'confirmed', state, reason: 'ended', now });
    }
    return id;
  }
  const { alarm, finding } = change;
  if (finding) {
    await sql.updateAlarm(tx, alarm.id, finding, estimateOf(finding, placeOf, prices), now);
    const isClosed = change.does === 'update' && alarm.state === 'confirmed';
    if (!isClosed) await sql.writeMembers(tx, alarm.id, finding.meterIds, now);
  }
  if (change.does === 'reopen') {
    await sql.reopenAlarm(tx, alarm.id, alarm.state === 'resolved');
    await sql.writeEvent(tx, { alarmId: alarm.id, action: 'reopened', state: 'open', reason: change.reason, now });
  }
  if (change.does === 'confirm') {
    const causeId = change.cause ? (ids.get(keyOf(change.cause)) ?? null) : null;
    await sql.confirmAlarm(tx, alarm.id, { outcome: change.outcome, endMs: change.endMs, causeId, now });
    const { reason } = change;
    await sql.writeEvent(tx, { alarmId: alarm.id, action: 'confirmed', state: 'confirmed', reason, now });
  }
  return alarm.id;
}

/** A cause above institutions belongs to none; one above meters to no meter. */
function alarmPlace({ unitKind, meterIds }: Finding, placeOf: ReadonlyMap<number, MeterPlace>): sql.AlarmPlace {
  const id = meterIds.find((one) => placeOf.has(one)) ?? 0;
  const place = placeOf.get(id);
  return {
    institutionId: unitKind === 'division' ? null : (place?.institutionId ?? null),
    divisionCode: place?.divisionCode ?? '',
    gatewayId: ['meter', 'bus', 'gateway'].includes(unitKind) ? (place?.gatewayId ?? null) : null,
    meterId: unitKind === 'meter' ? id : null,
  };
}

function estimateOf(finding: Finding, placeOf: ReadonlyMap<number, MeterPlace>, prices: Prices): sql.Estimate {
  const place = placeOf.get(finding.meterIds[0] ?? 0);
  if (!finding.extra || !place) return NOTHING;
  const price = prices.of(finding, place);
  return {
    amount: finding.extra.amount,
    unit: place.unit,
    cny: price?.cny ?? null,
    monthlyAmount: finding.extra.perMonth,
    monthlyCny: price?.monthlyCny ?? null,
    tariffId: price?.tariffId ?? null,
  };
}
