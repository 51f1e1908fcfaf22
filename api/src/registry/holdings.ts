import type { Tx } from '@ganzhi/schemas/db';
import { Refusal } from '../errors/refuse.ts';

/** A reporting unit takes meters and gateways over from another, from a day on. */
export interface Transfer {
  from: number;
  to: number;
  /** First day that counts for the new holder. */
  day: string;
  changeId: number | null;
  /** Since when it is known; epoch milliseconds. */
  at: number;
}

/**
 * Hands meters over: what they measured before the day stays with the former holder. One meter has one holder on every day.
 *
 * @param meterIds all of one holder; sub meters come with their main meter, name them too
 * @throws Refusal `conflict` naming meters that began with their holder on or after that day
 */
export async function transferMeters(tx: Tx, meterIds: readonly number[], transfer: Transfer): Promise<void> {
  if (meterIds.length === 0) return;
  const { from, to, day, changeId, at } = transfer;
  await assertUndated(tx, [from, to]);
  const { rows: late } = await tx.query<{ code: string; since: string }>(
    `select code, held_from as since from registry.meter where id = any($1::int4[]) and held_from >= $2 order by code limit 5`,
    [meterIds, day],
  );
  if (late.length > 0) {
    const names = late.map(({ code, since }) => `${code}（${since}）`).join('、');
    throw new Refusal('conflict', {
      zh: `这些表计自所列日期起才属于该机构，不能自 ${day} 起移交：${names}。请改用更晚的生效日期。`,
      en: `These meters came to their holder later than ${day}: ${late.map(({ code, since }) => `${code} (${since})`).join(', ')}. Use a later day.`,
    });
  }
  const { rowCount } = await tx.query(
    `with held as (
       insert into registry.former_holding (meter_id, institution_id, from_day, to_day, medium, role, change_id, code, parent_id,
         manual, interval_s, began_recorded_at, recorded_at)
       select m.id, m.institution_id, m.held_from, $4, m.medium, m.role, $5, m.code, m.parent_id, m.gateway_id is null,
         m.interval_s, m.held_recorded_at, $6 from registry.meter m
       where m.id = any($1::int4[]) and m.institution_id = $2
       returning meter_id)
     update registry.meter m set institution_id = $3, held_from = $4, held_recorded_at = $6 from held where m.id = held.meter_id`,
    [meterIds, from, to, day, changeId, new Date(at)],
  );
  if (rowCount !== meterIds.length) throw incomplete();
}

/** Totals of bodies whose meters changed role or direction are read by spans of days that know no former holder yet. */
async function assertUndated(tx: Tx, institutionIds: readonly number[]): Promise<void> {
  const { rows } = await tx.query<{ code: string }>(
    'select code from registry.meter where institution_id = any($1::int4[]) and dated order by code limit 5',
    [institutionIds],
  );
  if (rows.length === 0) return;
  const names = rows.map(({ code }) => code).join(', ');
  throw new Refusal('conflict', {
    zh: `这些表计的角色、上级或方向有按日期的记录，所属机构暂不能移交表计：${names}。`,
    en: `Role, parent or direction of these meters changed by date; meters of their institutions cannot change hands yet: ${names}.`,
  });
}

/** Everything of a body that ended goes to its successor: meters and the gateways that read them. */
export async function transferAll(tx: Tx, transfer: Transfer): Promise<void> {
  const { from, to } = transfer;
  const { rows } = await tx.query<{ id: number }>('select id from registry.meter where institution_id = $1', [from]);
  await transferMeters(
    tx,
    rows.map(({ id }) => id),
    transfer,
  );
  await tx.query('update registry.gateway set institution_id = $2 where institution_id = $1', [from, to]);
}

/** @throws Refusal `conflict` naming shared meters: the rule that splits them names a body that ends */
export async function assertNoShares(tx: Tx, institutionId: number, day: string): Promise<void> {
  const { rows } = await tx.query<{ meter: string }>(
    `select m.code as meter from registry.meter m
     join lateral (select r.id, r.basis from energy.allocation_rule r
       where r.meter_id = m.id and r.valid_from <= $2 order by r.valid_from desc, r.recorded_at desc limit 1) r on r.basis <> 'none'
     join energy.allocation_share s on s.rule_id = r.id and s.institution_id = $1
     union
     select m.code from energy.allocation_rule r join energy.allocation_share s on s.rule_id = r.id and s.institution_id = $1
     join registry.meter m on m.id = r.meter_id where r.valid_from > $2
     order by 1 limit 5`,
    [institutionId, day],
  );
  if (rows.length === 0) return;
  const names = rows.map(({ meter }) => meter);
  throw new Refusal('conflict', {
    zh: `该机构仍分摊这些共用表计：${names.join('、')}。请先录入自 ${day} 起生效的新分摊规则。`,
    en: `The institution still has a share of these meters: ${names.join(', ')}. Record a new allocation rule from ${day} first.`,
  });
}

/** @throws Refusal `conflict` naming accounts whose bills count for a body that ends: bills do not change hands yet */
export async function assertNoAccounts(tx: Tx, institutionId: number): Promise<void> {
  const { rows } = await tx.query<{ no: string }>(
    `select account_no as no from energy.utility_account where institution_id = $1 and counting = 'additional' order by 1 limit 5`,
    [institutionId],
  );
  if (rows.length === 0) return;
  throw new Refusal('conflict', {
    zh: `该机构有以账单计量的用能账户（${rows.map(({ no }) => no).join('、')}），账户尚不支持移交，不能办理合并或分立。`,
    en: `Bills of these accounts count for the institution (${rows.map(({ no }) => no).join(', ')}); accounts cannot change hands yet, so it can be neither merged nor split.`,
  });
}

/** What hangs on a body and would be left without anybody. */
export async function heldBy(tx: Tx, institutionId: number): Promise<{ kind: 'meter' | 'account'; code: string }[]> {
  const { rows } = await tx.query<{ kind: 'meter' | 'account'; code: string }>(
    `select 'meter' as kind, code from registry.meter where institution_id = $1 and retired_at is null
     union all select 'account', account_no from energy.utility_account where institution_id = $1
     order by 1, 2 limit 6`,
    [institutionId],
  );
  return rows;
}

/** The decider must see everything that moves: otherwise part of it would stay behind unseen. */
const incomplete = (): Refusal =>
  new Refusal('forbidden', {
    zh: '部分表计不在您的权限范围内，请由上级管理员办理。',
    en: 'Some of the meters lie outside your scope; have an administrator above decide it.',
  });
