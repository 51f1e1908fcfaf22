import type { Edit, RatioRecord, RegisterReading, Replacement } from '@ganzhi/analytics/rules';
import { QUALITY } from '@ganzhi/schemas';
import type { Db, Tx } from '@ganzhi/schemas/db';

/** The booked register of a meter with the facts that the rules need. Joined with the registry, which keeps the scope. */
export interface RegisterRow {
  readonly meterId: number;
  readonly point: number;
  readonly intervalS: number;
  readonly modulus: bigint | null;
  readonly maxPerHour: bigint | null;
  readonly ratios: readonly RatioRecord[];
  readonly replacements: readonly Replacement[];
  readonly edits: readonly Edit[];
}

type Bare = Omit<RegisterRow, 'ratios' | 'replacements' | 'edits'>;

export async function registersOf(db: Db | Tx, meterIds: readonly number[]): Promise<RegisterRow[]> {
  const registers = await db.query<Bare>(
    `select m.id as "meterId", p.point, m.interval_s as "intervalS", p.modulus, p.max_per_hour as "maxPerHour"
     from registry.meter m join registry.point p on p.meter_id = m.id and p.point = registry.booked_point(m.medium)
     where m.id = any($1::int4[]) order by m.id`,
    [meterIds],
  );
  const ratios = await db.query<RatioRecord & { meterId: number }>(
    `select meter_id as "meterId", valid_from as "fromTs", ct::int8 * pt as ratio from registry.meter_ratio
     where meter_id = any($1::int4[])`,
    [meterIds],
  );
  const replacements = await db.query<Replacement & { meterId: number; point: number }>(
    `select meter_id as "meterId", point, at as ts, closing, opening from registry.meter_replacement
     where meter_id = any($1::int4[]) order by at`,
    [meterIds],
  );
  const edits = await db.query<Edit & { meterId: number; point: number }>(
    `select meter_id as "meterId", point, id, kind as verdict, from_ts as "fromTs", to_ts as "toTs" from ledger.edit
     where meter_id = any($1::int4[]) and status = 'approved' and kind in ('accept', 'set-aside', 'book', 'dispute') order by id`,
    [meterIds],
  );
  return registers.rows.map((register) => {
    const mine = (row: { meterId: number; point: number }) =>
      row.meterId === register.meterId && row.point === register.point;
    return {
      ...register,
      ratios: ratios.rows.filter(({ meterId }) => meterId === register.meterId),
      replacements: replacements.rows.filter(mine),
      edits: edits.rows.filter(mine),
    };
  });
}

/** Of all values for one key the best quality, then the latest received (design §5); by meter, ascending. */
export async function effectiveReadings(
  db: Db | Tx,
  registers: readonly Pick<RegisterRow, 'meterId' | 'point'>[],
  from: number,
  to: number,
): Promise<Map<number, RegisterReading[]>> {
  const { rows } = await db.query<{ meterId: number; ts: number; counts: bigint; quality: number }>(
    `select distinct on (w.meter_id, c.ts) w.meter_id as "meterId", c.ts, c.value as counts, c.quality
     from unnest($1::int4[], $2::int2[]) w(meter_id, point)
     cross join lateral (
       (select r.ts, r.value, r.quality, '-infinity'::timestamptz as received_at, r.batch_id from metering.reading r
        where r.meter_id = w.meter_id and r.point = w.point and r.ts between $3 and $4 and r.quality <> 2 offset 0)
       union all
       (select r.ts, r.value, r.quality, r.received_at, r.batch_id from metering.reading_revision r
        where r.meter_id = w.meter_id and r.point = w.point and r.ts between $3 and $4 and r.quality <> 2 offset 0)) c
     order by w.meter_id, c.ts, c.quality, c.received_at desc, c.batch_id desc`,
    [registers.map(({ meterId }) => meterId), registers.map(({ point }) => point), new Date(from), new Date(to)],
  );
  const byMeter = new Map<number, RegisterReading[]>();
  for (const { meterId, ts, counts, quality } of rows) {
    const list = byMeter.get(meterId) ?? [];
    byMeter.set(meterId, list);
    list.push({ ts, counts, source: quality === QUALITY.manual ? 'manual' : 'measured' });
  }
  return byMeter;
}

/** Counts of the stored hours and spans that start in a span, by meter. */
export async function storedTotals(
  db: Db | Tx,
  meterIds: readonly number[],
  { from, to }: { from: number; to: number },
): Promise<Map<number, bigint>> {
  const { rows } = await db.query<{ meterId: number; counts: bigint }>(
    `select m.id as "meterId", (
       coalesce((select sum(h.counts) from ledger.hour h where h.meter_id = m.id and h.point = registry.booked_point(m.medium)
         and h.hour >= $2 and h.hour < $3), 0)
       + coalesce((select sum(s.counts) from ledger.span s where s.meter_id = m.id and s.point = registry.booked_point(m.medium)
         and s.from_ts >= $2 and s.from_ts < $3), 0))::int8 as counts
     from registry.meter m where m.id = any($1::int4[])`,
    [meterIds, new Date(from), new Date(to)],
  );
  return new Map(rows.map(({ meterId, counts }) => [meterId, counts]));
}
