import { type ConfigurationReport, SECOND } from '@ganzhi/schemas';
import { type Db, withTx } from '@ganzhi/schemas/db';
import { RESEND_MS, storable } from './commands.ts';

export interface DueConfiguration {
  gatewayId: number;
  version: number;
  digest: string;
  text: string;
}

/** A version that a gateway has said nothing about is offered again after this. */
const REOFFER_MS = 60 * SECOND;

/** The row of `configuration_offer` is the claim: of several ingest processes one gets it back. */
const CLAIM = `
with wanted as (
  select g.id as gateway_id, c.version
  from unnest($1::int4[]) as g(id)
  cross join lateral (
    select version from care.configuration where gateway_id = g.id order by version desc limit 1
  ) c
  left join care.configuration_state s on s.gateway_id = g.id
  where s.version is distinct from c.version
),
claimed as (
  insert into care.configuration_offer as o (gateway_id, version, offered_at)
  select gateway_id, version, $3 from wanted order by gateway_id
  on conflict (gateway_id) do update set version = excluded.version, offered_at = excluded.offered_at
  where o.version < excluded.version or o.offered_at < $4 or (o.gateway_id = any($2::int4[]) and o.offered_at < $5)
  returning gateway_id, version
)
select gateway_id, version, encode(c.digest, 'hex') as digest, c.body
from claimed join care.configuration c using (gateway_id, version)`;

/** Takes the configurations that are to be sent now: the newest of each gateway that it has said nothing about yet. */
export async function claimConfigurations(
  db: Db,
  reachable: readonly number[],
  reborn: readonly number[],
  now: number,
): Promise<DueConfiguration[]> {
  const at = (t: number): Date => new Date(t);
  const { rows } = await db.query<{ gateway_id: number; version: number; digest: string; body: string }>({
    name: 'claim-configurations',
    text: CLAIM,
    values: [reachable, reborn, at(now), at(now - REOFFER_MS), at(now - RESEND_MS)],
  });
  return rows.map(({ gateway_id, body, ...rest }) => ({ gatewayId: gateway_id, text: body, ...rest }));
}

const KEEP = `
insert into care.configuration_state as s (gateway_id, version, state, reason, running, reported_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (gateway_id) do update
set version = excluded.version, state = excluded.state, reason = excluded.reason, running = excluded.running,
  reported_at = excluded.reported_at
where (s.version, s.state, s.running, coalesce(s.reason, '')) is distinct from
  (excluded.version, excluded.state, excluded.running, coalesce(excluded.reason, ''))
returning gateway_id`;

/** Keeps what a gateway says about a version; the same said again is no event. */
export async function keepConfigurationReport(
  db: Db,
  gatewayId: number,
  { version, state, reason, running }: ConfigurationReport,
  now: number,
): Promise<void> {
  const values = [gatewayId, version, state, reason === undefined ? null : storable(reason), running, new Date(now)];
  await withTx(db, async (tx) => {
    const { rowCount } = await tx.query({ name: 'keep-configuration-state', text: KEEP, values });
    if (rowCount === 0) return;
    await tx.query({
      name: 'keep-configuration-event',
      text: `insert into care.configuration_event (gateway_id, version, state, reason, running, reported_at)
        values ($1, $2, $3, $4, $5, $6)`,
      values,
    });
  });
}

/** A gateway that no longer runs what it called active (its disk was replaced) is to be offered it again. */
export async function forgetLostConfiguration(db: Db, gatewayId: number, running: number): Promise<void> {
  await db.query({
    name: 'forget-lost-configuration',
    text: `update care.configuration_state set version = 0, running = $2
      where gateway_id = $1 and state = 'active' and running <> $2`,
    values: [gatewayId, running],
  });
}
