import type { Db } from '@ganzhi/schemas/db';

/** What is newly known of a gateway; an absent field leaves the stored one as it is. Times are epoch milliseconds. */
export interface GatewayChange {
  gatewayId: number;
  online?: boolean;
  /** When `online` was learnt. */
  changedAt?: number;
  lastSeenAt?: number;
  /** Both outbox figures come together; `oldestAt` is null when the outbox is empty. */
  outbox?: { readings: number; oldestAt: number | null };
  clockOffsetMs?: number;
  firmware?: string;
  simulatedTime?: boolean;
}

const UPSERT = `
insert into metering.gateway_state as s
  (gateway_id, online, changed_at, last_seen_at, outbox_readings, outbox_oldest_at, clock_offset_ms, firmware, simulated_time)
select gateway_id, coalesce(online, false), coalesce(changed_at, last_seen_at, now()), coalesce(last_seen_at, changed_at, now()),
  outbox_readings, outbox_oldest_at, clock_offset_ms, firmware, coalesce(simulated_time, false)
from json_to_recordset($1) as i(gateway_id int4, online bool, changed_at timestamptz, last_seen_at timestamptz,
  has_outbox bool, outbox_readings int8, outbox_oldest_at timestamptz, clock_offset_ms int8, firmware text, simulated_time bool)
-- a gateway that was deleted meanwhile must not keep the others from being written
where exists (select from registry.gateway g where g.id = i.gateway_id)
order by gateway_id
on conflict (gateway_id) do nothing`;

const UPDATE = `
update metering.gateway_state s
set online = coalesce(i.online, s.online),
  changed_at = case when i.online <> s.online then i.changed_at else s.changed_at end,
  last_seen_at = greatest(s.last_seen_at, i.last_seen_at),
  outbox_readings = case when i.has_outbox then i.outbox_readings else s.outbox_readings end,
  outbox_oldest_at = case when i.has_outbox then i.outbox_oldest_at else s.outbox_oldest_at end,
  clock_offset_ms = coalesce(i.clock_offset_ms, s.clock_offset_ms),
  firmware = coalesce(i.firmware, s.firmware),
  simulated_time = coalesce(i.simulated_time, s.simulated_time)
from json_to_recordset($1) as i(gateway_id int4, online bool, changed_at timestamptz, last_seen_at timestamptz,
  has_outbox bool, outbox_readings int8, outbox_oldest_at timestamptz, clock_offset_ms int8, firmware text, simulated_time bool)
where s.gateway_id = i.gateway_id`;

/** Brings `metering.gateway_state` up to date: first makes the missing rows, then changes all that are named. */
export async function upsertGatewayState(db: Db, changes: readonly GatewayChange[]): Promise<void> {
  const input = JSON.stringify(changes.map(toRecord));
  await db.query({ name: 'insert-gateway-state', text: UPSERT, values: [input] });
  await db.query({ name: 'update-gateway-state', text: UPDATE, values: [input] });
}

/** After a start nobody is connected yet, whatever the table remembers of the time before. */
export async function markAllOffline(db: Db, at: number): Promise<void> {
  await db.query('update metering.gateway_state set online = false, changed_at = $1 where online', [text(at)]);
}

/** Ids of the gateways that announced simulated time. */
export async function simulatedGateways(db: Db): Promise<number[]> {
  const { rows } = await db.query<{ gateway_id: number }>(
    'select gateway_id from metering.gateway_state where simulated_time',
  );
  return rows.map((row) => row.gateway_id);
}

const text = (t: number): string => new Date(t).toISOString();

const toRecord = (change: GatewayChange) => ({
  gateway_id: change.gatewayId,
  online: change.online,
  changed_at: change.changedAt === undefined ? undefined : text(change.changedAt),
  last_seen_at: change.lastSeenAt === undefined ? undefined : text(change.lastSeenAt),
  has_outbox: change.outbox !== undefined,
  outbox_readings: change.outbox?.readings,
  outbox_oldest_at: change.outbox?.oldestAt == null ? undefined : text(change.outbox.oldestAt),
  clock_offset_ms: change.clockOffsetMs,
  firmware: change.firmware?.replaceAll('\0', '\uFFFD').toWellFormed(),
  simulated_time: change.simulatedTime,
});
