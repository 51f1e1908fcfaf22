import type { Db } from '@ganzhi/schemas/db';
import { numberArray } from './array.ts';

/** What a gateway has replayed since the last write, and what it was granted last (0: nothing new). */
export interface ReplayChange {
  gatewayId: number;
  readings: number;
  grantedPerS: number;
}

/**
 * A backlog ends when nothing was replayed for ten minutes: what comes later is another one. The rate is an exponential mean
 * with a time constant of 30 s: each write decays it and adds its readings, so several ingest processes may write by turns.
 */
const UPSERT = `
insert into metering.gateway_replay as r (gateway_id, since, last_at, readings, rate_per_s, granted_per_s)
select gateway_id, now(), now(), readings, readings / 30.0, nullif(granted, 0)
from unnest($1::int4[], $2::int8[], $3::int8[]) as i(gateway_id, readings, granted)
-- a gateway that was deleted meanwhile must not keep the others from being written
where exists (select from registry.gateway g where g.id = i.gateway_id)
order by gateway_id
on conflict (gateway_id) do update
set since = case when r.last_at < now() - interval '10 minutes' then now() else r.since end,
  readings = excluded.readings + case when r.last_at < now() - interval '10 minutes' then 0 else r.readings end,
  rate_per_s = excluded.rate_per_s + r.rate_per_s * exp(-least(1000, extract(epoch from now() - r.last_at)) / 30),
  granted_per_s = coalesce(excluded.granted_per_s, r.granted_per_s),
  last_at = now()`;

export async function upsertGatewayReplay(db: Db, changes: readonly ReplayChange[]): Promise<void> {
  await db.query({
    name: 'upsert-gateway-replay',
    text: UPSERT,
    values: [
      numberArray(changes.map(({ gatewayId }) => gatewayId)),
      numberArray(changes.map(({ readings }) => readings)),
      numberArray(changes.map(({ grantedPerS }) => grantedPerS)),
    ],
  });
}
