import type { GatewayState } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';

type ClockState = NonNullable<GatewayState['clock']>;

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
  /** What it says of its time; comes whole. */
  clock?: ClockSaid;
  firmware?: string;
  simulatedTime?: boolean;
}

export interface ClockSaid {
  state: ClockState | null;
  wallAt: number | null;
  monotonicMs: number | null;
  bootId: string | null;
  serverOffsetMs: number | null;
  /** By our clock. */
  saidAt: number;
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
  clock_state = case when i.has_clock then i.clock_state else s.clock_state end,
  clock_wall_at = case when i.has_clock then i.clock_wall_at else s.clock_wall_at end,
  clock_monotonic_ms = case when i.has_clock then i.clock_monotonic_ms else s.clock_monotonic_ms end,
  clock_boot_id = case when i.has_clock then i.clock_boot_id else s.clock_boot_id end,
  clock_server_offset_ms = case when i.has_clock then i.clock_server_offset_ms else s.clock_server_offset_ms end,
  clock_said_at = case when i.has_clock then i.clock_said_at else s.clock_said_at end,
  firmware = coalesce(i.firmware, s.firmware),
  simulated_time = coalesce(i.simulated_time, s.simulated_time)
from json_to_recordset($1) as i(gateway_id int4, online bool, changed_at timestamptz, last_seen_at timestamptz,
  has_outbox bool, outbox_readings int8, outbox_oldest_at timestamptz, clock_offset_ms int8, firmware text, simulated_time bool,
  has_clock bool, clock_state text, clock_wall_at timestamptz, clock_monotonic_ms int8, clock_boot_id text, clock_server_offset_ms int8,
  clock_said_at timestamptz)
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
  has_clock: change.clock !== undefined,
  clock_state: change.clock?.state,
  clock_wall_at: change.clock?.wallAt == null ? undefined : text(change.clock.wallAt),
  clock_monotonic_ms: change.clock?.monotonicMs,
  clock_boot_id: change.clock?.bootId?.replaceAll('\0', '\uFFFD').toWellFormed(),
  clock_server_offset_ms: change.clock?.serverOffsetMs,
  clock_said_at: change.clock === undefined ? undefined : text(change.clock.saidAt),
  firmware: change.firmware?.replaceAll('\0', '\uFFFD').toWellFormed(),
  simulated_time: change.simulatedTime,
});
