import type { Db, Tx } from '@ganzhi/schemas/db';
import { type Days, dayInstant, daysBetween, elapsedDays } from '../lib/day.ts';
import { dueUntil } from '../modules/consumption/rules.ts';
import { DATED_CHILDREN, DATED_PARTS } from './dated-parts.ts';
import { asKnown } from './known.ts';

/** How a quantity came to be known (domain handbook §4). */
export const CLASSES = ['measured', 'derived', 'allocated', 'estimated', 'manual'] as const;
export type SourceClass = (typeof CLASSES)[number];

/** A quantity of one carrier of an institution, by how it is known. Decimal text, in the carrier's unit. */
export interface Part {
  institutionId: number;
  carrier: string;
  purpose: 'building' | 'vehicle';
  class: SourceClass;
  quantity: string;
}

/**
 * What institutions used in a span of days, from everything that counts: main meters (less what is shared out or passed on),
 * shares of allocated meters, bills of accounts that no meter sees, imported series. Each unit of energy stands once.
 *
 * A gap over an edge of the span is certain as a whole only; its even part by time is `estimated` (`derived` for a meter that
 * persons read). Adjoining spans add up to the whole.
 */
const PARTS = `
  with wanted as (select i.id from registry.institution i where i.id = any($1::int4[])),
  -- read once: their row security need not be asked again for every meter
  rule as materialized (select meter_id, valid_from, recorded_at, basis from energy.allocation_rule),
  forward as materialized (select meter_id, valid_from, valid_to from energy.meter_use where purpose = 'forwarded'),
  meter as (
    select m.id, m.institution_id, c.code as carrier, p.point, p.unit_value, m.gateway_id is null as manual, m.role,
      m.id in (select meter_id from rule) as shared, m.id in (select meter_id from forward) as forwarded
    from registry.meter m
    join wanted w on w.id = m.institution_id
    join energy.carrier c on c.medium = m.medium
    join registry.point p on p.meter_id = m.id and p.point = registry.booked_point(m.medium)),
  plain as (select * from meter where role = 'main' and not shared),
  -- one pass for all meters, joined afterwards: a look-up a meter reads a block for every row, as days lie side by side
  day as materialized (
    select d.meter_id, d.point, sum(d.booked + d.undistributed) as counts
    from ledger.day d
    where d.meter_id = any(array(select id from plain)) and d.day >= $2::date and d.day < $3::date
    group by d.meter_id, d.point),
  span as (
    select m.id, sum(x.share) filter (where x.inside) as inside, sum(x.share) filter (where not x.inside) as cut
    from plain m
    join ledger.span s on s.meter_id = m.id and s.point = m.point and s.class = 'undistributed'
      and s.to_ts > $4 and s.from_ts < $5
      and (s.from_ts at time zone 'Asia/Shanghai')::date
        <> ((s.to_ts - interval '1 microsecond') at time zone 'Asia/Shanghai')::date
    cross join lateral (select s.from_ts >= $4 and s.to_ts <= $5 as inside,
      energy.linear_share(s.counts::numeric * s.ratio, (extract(epoch from s.from_ts) * 1000)::int8,
        (extract(epoch from s.to_ts) * 1000)::int8, (extract(epoch from $4::timestamptz) * 1000)::int8,
        (extract(epoch from $5::timestamptz) * 1000)::int8) as share) x
    group by m.id),
  unmeasured as (
    select m.id, h.source, sum(h.counts * h.ratio) as counts
    from plain m join ledger.hour h on h.meter_id = m.id and h.point = m.point and h.source <> 'measured'
      and h.hour >= $4 and h.hour < $5
    group by m.id, h.source),
  other_day as (
    -- shared and forwarded meters change sides by day
    select m.id, m.institution_id, m.carrier, m.role, m.shared, m.forwarded, d.day, d.certain, d.shaped
    from (select array_agg(id) as ids from meter where (role = 'main' and shared) or forwarded) a
    cross join lateral energy.meter_days(a.ids, $2::date, $3::date) d
    join meter m on m.id = d.meter_id),
  part (institution_id, carrier, purpose, class, quantity) as (
    select m.institution_id, m.carrier, 'building', case when m.manual then 'manual' else 'measured' end,
      (coalesce(d.counts, 0) + coalesce(s.inside, 0)
        - case when m.manual then 0 else coalesce((select sum(u.counts) from unmeasured u where u.id = m.id), 0) end) * m.unit_value
    from plain m left join day d on d.meter_id = m.id and d.point = m.point left join span s on s.id = m.id
    where d.meter_id is not null or s.inside is not null
    union all
    select m.institution_id, m.carrier, 'building', u.source, u.counts * m.unit_value
    from unmeasured u join plain m on m.id = u.id where not m.manual
    union all
    select m.institution_id, m.carrier, 'building', case when m.manual then 'derived' else 'estimated' end, s.cut * m.unit_value
    from span s join plain m on m.id = s.id where s.cut is not null
    union all
    select o.institution_id, o.carrier, 'building', v.class, v.quantity
    from other_day o
    cross join lateral (values ('measured', o.certain), ('estimated', o.shaped)) v(class, quantity)
    where o.role = 'main' and o.shared and coalesce((select r.basis from rule r
      where r.meter_id = o.id and r.valid_from <= o.day order by r.valid_from desc, r.recorded_at desc limit 1), 'none') = 'none'
    union all
    select a.institution_id, c.code, 'building', case when a.unallocated then 'measured' else 'allocated' end, a.energy
    from energy.allocated_day a
    join wanted w on w.id = a.institution_id
    join energy.carrier c on c.medium = a.medium
    where a.day >= $2::date and a.day < $3::date
    union all
    select o.institution_id, o.carrier, 'building', v.class, -v.quantity
    from other_day o
    cross join lateral (values ('measured', o.certain), ('estimated', o.shaped)) v(class, quantity)
    where o.forwarded and exists (select from forward u where u.meter_id = o.id
      and u.valid_from <= o.day and (u.valid_to is null or u.valid_to > o.day))
    union all
    select a.institution_id, a.carrier, a.purpose, 'derived',
      energy.day_share(b.quantity * 10000, b.from_day, b.to_day, $2::date, $3::date) / 10000
    from energy.utility_account a join wanted w on w.id = a.institution_id
    join energy.bill b on b.account_id = a.id and b.voided_at is null and b.from_day < $3::date and b.to_day > $2::date
    where a.counting = 'additional'
    union all
    select s.institution_id, s.carrier, s.purpose, 'manual', h.quantity
    from energy.series s join wanted w on w.id = s.institution_id
    join energy.series_hour h on h.series_id = s.id and h.hour >= $4 and h.hour < $5
  )
  select institution_id as "institutionId", carrier, purpose, class, sum(quantity) as quantity
  from part group by institution_id, carrier, purpose, class having sum(quantity) is not null
  order by institution_id, carrier, purpose, class`;

/** Institutions with a meter whose role, parent, direction or holder changed: theirs is read by spans of days. */
async function splitByRecords(db: Db | Tx, ids: readonly number[], knownOn: number | undefined) {
  if (knownOn !== undefined) return { plain: [], dated: ids };
  const { rows } = await db.query<{ id: number }>(
    `select institution_id as id from registry.meter
     where (dated or held_from > '-infinity') and institution_id = any($1::int4[])
     union select institution_id from registry.former_holding where institution_id = any($1::int4[])`,
    [ids],
  );
  const dated = new Set(rows.map(({ id }) => id));
  return { plain: ids.filter((id) => !dated.has(id)), dated: [...dated] };
}

/** How figures are meant that are not those of today's knowledge and of the holders of each day. */
export interface Standing {
  /** The figures as they were known then; undefined: as known now. */
  knownOn?: number | undefined;
  /** A day: each meter counts all of the span for whoever holds it then (comparable basis, 可比口径). */
  heldOn?: string | undefined;
}

const standingOf = ({ knownOn, heldOn }: Standing) => [asKnown(knownOn), heldOn ?? null];

/** What institutions used, day by day for the holder of that day unless `standing` says otherwise. */
export async function readParts(
  db: Db | Tx,
  institutionIds: readonly number[],
  days: Days,
  standing: Standing = {},
): Promise<Part[]> {
  const { plain, dated } = await splitByRecords(db, institutionIds, standing.knownOn);
  const span = [days.from, days.to, new Date(dayInstant(days.from)), new Date(dayInstant(days.to))];
  const usual = plain.length === 0 ? [] : (await db.query<Part>(PARTS, [plain, ...span])).rows;
  if (dated.length === 0) return usual;
  return [...usual, ...(await db.query<Part>(DATED_PARTS, [dated, ...span, ...standingOf(standing)])).rows];
}

/** One thing that adds up, and how much of the elapsed span it bears out. */
export interface Child {
  institutionId: number;
  carrier: string;
  /** Code of a meter or number of an account. */
  name: string;
  /** 0 to 1. */
  coverage: number;
  /** Not wholly known: a total with it is "at least". */
  missing: boolean;
  /** False: an account of bills. */
  meter: boolean;
}

/** A meter is wholly known between two registers without anything disputed; an account when bills hold every elapsed day. */
const CHILDREN = `
  with main as materialized (select m.id from registry.meter m where m.role = 'main' and m.institution_id = any($1::int4[])),
  -- one pass for all meters, as above
  covered as materialized (
    select d.meter_id, d.point, sum(d.covered_s) as seconds
    from ledger.day d
    where d.meter_id = any(array(select id from main)) and d.day >= $2::date and d.day < $3::date
    group by d.meter_id, d.point)
  select m.institution_id as "institutionId", c.code as carrier, m.code as name,
    least(1, coalesce(d.seconds, 0)::float8 / greatest(1, $6::float8)) as coverage,
    not exists (select from metering.reading r where r.meter_id = m.id and r.point = p.point and r.ts <= $4 and r.quality <> 2)
      or not exists (select from metering.reading r where r.meter_id = m.id and r.point = p.point and r.ts >= $5 and r.quality <> 2)
      or exists (select from ledger.span s where s.meter_id = m.id and s.point = p.point and s.class = 'disputed'
        and s.to_ts > $4 and s.from_ts < $5) as missing, true as meter
  from registry.meter m
  join registry.institution i on i.id = m.institution_id
  join energy.carrier c on c.medium = m.medium
  left join registry.point p on p.meter_id = m.id and p.point = registry.booked_point(m.medium)
  left join covered d on d.meter_id = m.id and d.point = p.point
  where m.role = 'main' and m.institution_id = any($1::int4[])
  union all
  select a.institution_id, a.carrier, a.account_no,
    coalesce(b.days, 0)::float8 / ($3::date - $2::date), coalesce(b.days, 0) < $3::date - $2::date, false
  from energy.utility_account a
  left join lateral (select sum(least(b.to_day, $3::date) - greatest(b.from_day, $2::date)) as days from energy.bill b
    where b.account_id = a.id and b.voided_at is null and b.from_day < $3::date and b.to_day > $2::date) b on true
  where a.counting = 'additional' and a.institution_id = any($1::int4[])
  order by 1, 2, 3`;

/** What an institution's totals should consist of, as of `now`. */
export async function readChildren(
  db: Db | Tx,
  institutionIds: readonly number[],
  days: Days,
  now: number,
  standing: Standing = {},
): Promise<Child[]> {
  const elapsed = elapsedDays(days, now);
  if (daysBetween(elapsed) <= 0) return [];
  const from = dayInstant(elapsed.from);
  const due = Math.max(from, Math.min(dayInstant(elapsed.to), dueUntil(now, 0)));
  const { plain, dated } = await splitByRecords(db, institutionIds, standing.knownOn);
  const span = [elapsed.from, elapsed.to, new Date(from), new Date(due)];
  const usual = plain.length === 0 ? [] : (await db.query<Child>(CHILDREN, [plain, ...span, (due - from) / 1000])).rows;
  if (dated.length === 0) return usual;
  return [...usual, ...(await db.query<Child>(DATED_CHILDREN, [dated, ...span, ...standingOf(standing)])).rows];
}
