import { BOOKED_COUNTER } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';

/**
 * Proof of conservation, from raw readings, by a second implementation: SQL window functions, no code of the rules.
 *
 * For each booked register: last - first effective register, plus the modulus for each rollover, must equal the counts
 * of all its hours and spans; and each stored day must equal its hours and the spans inside it. The effective value of a
 * key is the best usable quality, then the latest received; |register x largest ratio| beyond 10^16 is not a register.
 */
export interface Difference {
  readonly meterCode: string;
  readonly point: string;
  /** movement: hours and spans against registers. day: a stored day against its hours and spans. */
  readonly kind: 'movement' | 'day';
  /** Shanghai calendar day, for kind `day`. */
  readonly day?: string;
  /** Counts by raw registers (movement), or energy counts by hours and spans (day). */
  readonly expected: bigint;
  /** What the ledger says. */
  readonly found: bigint;
}

export interface Conservation {
  /** Registers compared. */
  readonly meters: number;
  /** Marks of these registers that still wait: differences may be work in progress. */
  readonly pendingMarks: number;
  readonly differences: readonly Difference[];
}

const MOVEMENT = `
  with register as (
    select m.id as meter_id, p.point, m.code, q.code as point_code, p.modulus,
      10000000000000000 / coalesce((select max(r.ct::int8 * r.pt) from registry.meter_ratio r where r.meter_id = m.id), 1) as largest
    from registry.meter m
    join registry.point p on p.meter_id = m.id and p.point = any($1::int2[])
    join registry.quantity q on q.id = p.point and q.medium = m.medium
    where $2::text[] is null or m.code = any($2)),
  candidate as (
    select meter_id, point, ts, value, quality, 0 as revision, '-infinity'::timestamptz as received_at, batch_id from metering.reading
    union all
    select meter_id, point, ts, value, quality, 1, received_at, batch_id from metering.reading_revision),
  effective as (
    select r.meter_id, r.point, r.modulus, c.ts, c.value,
      row_number() over (partition by r.meter_id, r.point, c.ts
        order by c.quality, c.revision desc, c.received_at desc, c.batch_id desc) as rank
    from register r
    join candidate c on c.meter_id = r.meter_id and c.point = r.point
      and c.quality <> 2 and c.value <= r.largest and c.value >= -r.largest),
  step as (
    select meter_id, point, modulus, value, lag(value) over (partition by meter_id, point order by ts) as before
    from effective where rank = 1),
  movement as (
    select meter_id, point, coalesce(sum(
      case when modulus is null or value >= before then value::numeric - before
        when before < modulus and before > modulus::numeric * 9 / 10 and value >= 0 and value < modulus::numeric / 10
          then value::numeric + modulus - before
        else value::numeric - before end), 0) as counts
    from step where before is not null group by meter_id, point)
  select r.code as "meterCode", r.point_code as point, coalesce(v.counts, 0)::int8 as expected,
    coalesce(h.counts, 0) + coalesce(s.counts, 0) as found
  from register r
  left join movement v using (meter_id, point)
  left join lateral (select sum(counts)::int8 as counts from ledger.hour h
    where h.meter_id = r.meter_id and h.point = r.point) h on true
  left join lateral (select sum(counts)::int8 as counts from ledger.span s
    where s.meter_id = r.meter_id and s.point = r.point) s on true
  order by r.code, r.point`;

const DAYS = `
  with wanted as (
    select m.id as meter_id, m.code from registry.meter m where $1::text[] is null or m.code = any($1)),
  entry as (
    select h.meter_id, h.point, (h.hour at time zone 'Asia/Shanghai')::date as day, h.counts::numeric * h.ratio as energy
    from ledger.hour h join wanted w using (meter_id)
    union all
    select s.meter_id, s.point, (s.from_ts at time zone 'Asia/Shanghai')::date, s.counts::numeric * s.ratio
    from ledger.span s join wanted w using (meter_id)
    where (s.to_ts - interval '1 microsecond') at time zone 'Asia/Shanghai'
      < (s.from_ts at time zone 'Asia/Shanghai')::date + 1),
  expected as (select meter_id, point, day, sum(energy) as energy from entry group by meter_id, point, day),
  stored as (
    select d.meter_id, d.point, d.day, d.booked::numeric + d.undistributed + d.disputed as energy
    from ledger.day d join wanted w using (meter_id))
  select w.code as "meterCode", q.code as point, day, coalesce(e.energy, 0)::int8 as expected, coalesce(t.energy, 0)::int8 as found
  from expected e full join stored t using (meter_id, point, day)
  join wanted w using (meter_id)
  join registry.quantity q on q.id = point
  where e.energy is distinct from t.energy
  order by w.code, point, day`;

/**
 * @param options.meterCodes only these meters; default: all
 * @returns an empty list of differences when the ledger conserves
 */
export async function checkConservation(
  db: Db,
  options: { readonly meterCodes?: readonly string[] } = {},
): Promise<Conservation> {
  const meterCodes = options.meterCodes ?? null;
  const points = Object.values(BOOKED_COUNTER).map(({ id }) => id);
  const client = await db.connect();
  try {
    // one view of readings, ledger and queue, however busy the database is
    await client.query('begin isolation level repeatable read, read only');
    const registers = await client.query<Omit<Difference, 'kind'>>(MOVEMENT, [points, meterCodes]);
    const days = await client.query<Omit<Difference, 'kind'>>(DAYS, [meterCodes]);
    const pending = await client.query<{ n: number }>(
      `select count(*)::int4 as n from metering.dirty_span d join registry.meter m on m.id = d.meter_id
       where $1::text[] is null or m.code = any($1)`,
      [meterCodes],
    );
    await client.query('commit');
    const moved = registers.rows.filter(({ expected, found }) => expected !== found);
    return {
      meters: registers.rows.length,
      pendingMarks: pending.rows[0]?.n ?? 0,
      differences: [
        ...moved.map((row): Difference => ({ ...row, kind: 'movement' })),
        ...days.rows.map((row): Difference => ({ ...row, kind: 'day' })),
      ],
    };
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}
