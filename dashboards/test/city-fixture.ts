import { HOUR, hourStart } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { fixtureRegistry } from '@ganzhi/schemas/testing';

/**
 * Two institutions in two districts, each with one main meter that used 1.00 kWh in every whole hour of the last three
 * days (ratio 2, so 50 counts), an export counter that must never be added, and something of everything a panel shows.
 */
export const WUJIN = { code: 'CZ-0001', division: '320412' };
export const TIANNING = { code: 'CZ-0002', division: '320402' };
export const HOURS = 72;

export async function fillCity(owner: Db): Promise<void> {
  const now = Date.now();
  const first = await fixtureRegistry(owner, {
    institution: WUJIN.code,
    division: WUJIN.division,
    gateways: ['GW-0001'],
    meters: [{ code: 'M-1' }, { code: 'M-2', parent: 'M-1' }],
  });
  const second = await fixtureRegistry(owner, {
    institution: TIANNING.code,
    division: TIANNING.division,
    gateways: ['GW-0002'],
    meters: [{ code: 'M-3' }],
  });
  const from = new Date(hourStart(now) - HOURS * HOUR);
  const to = new Date(hourStart(now));
  await owner.query("select metering.ensure_partition('ledger.hour', t) from unnest($1::timestamptz[]) t", [
    [from, to],
  ]);
  await owner.query(
    `insert into ledger.hour (meter_id, point, hour, counts, ratio, covered_s, source)
     select m.id, p.point, h, 50, 2, 3600, 'measured'
     from registry.meter m cross join (values (1::int2), (2::int2)) p (point)
     cross join generate_series($1::timestamptz, $2::timestamptz - interval '1 hour', interval '1 hour') h`,
    [from, to],
  );
  await owner.query(
    `insert into ledger.day (meter_id, point, day, booked, undistributed, disputed, covered_s)
     select m.id, 1, d::date, 2000, 400, 100, 72000
     from registry.meter m
     cross join generate_series((now() at time zone 'Asia/Shanghai')::date - 2, (now() at time zone 'Asia/Shanghai')::date, '1 day') d`,
  );
  for (const [registry, gateway] of [
    [first, 'GW-0001'],
    [second, 'GW-0002'],
  ] as const) {
    const meter = registry.meters.get('M-1') ?? registry.meters.get('M-3');
    await owner.query(
      `insert into metering.latest (meter_id, point, ts, value, quality, received_at) values ($1, 10, now(), 12500, 0, now())`,
      [meter],
    );
    await owner.query(
      `insert into metering.read_failure (meter_id, code, since, last_at, failures)
       values ($1, 'read-timeout', now() - interval '1 hour', now(), 3)`,
      [meter],
    );
    await owner.query(
      `insert into metering.gateway_state (gateway_id, online, changed_at, last_seen_at, outbox_readings, clock_offset_ms)
       select id, code = 'GW-0001', now(), now(), 5000, 120 from registry.gateway where code = $1`,
      [gateway],
    );
    await owner.query(
      `insert into energy.quota (institution_id, year, constraint_value, base_value, guide_value, source_document, sample)
       values ($1, extract(year from now() at time zone 'Asia/Shanghai'), 1000, 900, 800, 'test', true)`,
      [registry.institutionId],
    );
  }
}
