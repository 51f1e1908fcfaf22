import { DAY, HOUR } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import chineseDays from 'chinese-days';
import type { RegisterId } from '../ledger/marks.ts';
import { instant, textArray } from '../ledger/sql.ts';
import type { EstimateBasis } from '../rules/estimate.ts';
import type { EnergyHours, EstimateReferences } from '../rules/estimate-references.ts';

/** A stretch of a register whose hours are to be estimated. */
export interface Stretch extends RegisterId {
  readonly fromTs: number;
  readonly toTs: number;
}

/** Hours around a stretch that like days are looked for in. */
const AROUND_MS = 28 * DAY;
/** Hours before it that other meters are compared in. */
const COMPARED_MS = 7 * DAY;

/** What is known for the estimate of each stretch: the register's own hours around it, and the meters that bear it out. */
export async function basesOf(tx: Tx, stretches: readonly Stretch[]): Promise<EstimateBasis[]> {
  const known = await hoursAround(tx, stretches);
  const facts = await factsOf(tx, stretches);
  const references = await referencesOf(tx, stretches);
  return stretches.map((_, i) => {
    const { maxPerHour = null, energyPerCount = 1 } = facts[i] ?? {};
    const others = references.get(i);
    return {
      known: known[i] ?? new Map(),
      isWorkday,
      maxPerHour,
      references: others && { energyPerCount, ...others },
    };
  });
}

const isWorkday = (ts: number): boolean => chineseDays.isWorkday(new Date(ts + 8 * HOUR).toISOString().slice(0, 10));

const WINDOWS = `unnest($1::int4[], $2::int2[], $3::timestamptz[], $4::timestamptz[])
  with ordinality as w(meter_id, point, from_ts, to_ts, i)`;

const windowsOf = (stretches: readonly Stretch[], beforeMs: number, afterMs: number): string[] => [
  textArray(stretches.map(({ meterId }) => meterId)),
  textArray(stretches.map(({ point }) => point)),
  textArray(stretches.map(({ fromTs }) => instant(fromTs - beforeMs))),
  textArray(stretches.map(({ toTs }) => instant(toTs + afterMs))),
];

/** Hours of one meter inside a window that were measured whole, as two lists. `offset 0`: see ledger/context.ts. */
const WHOLE_HOURS = (meter: string, point: string, value: string): string => `
  select string_agg(date_part('epoch', h.hour)::int8::text, ',') as hours, string_agg((${value})::text, ',') as amounts
  from (select * from ledger.hour h where h.meter_id = ${meter} and h.point = ${point}
    and h.hour >= date_trunc('hour', w.from_ts) and h.hour < w.to_ts and h.covered_s = 3600 offset 0) h`;

interface Lists {
  readonly hours: string | null;
  readonly amounts: string | null;
}

/** The register's own hours, four weeks before the stretch and one after. */
async function hoursAround(tx: Tx, stretches: readonly Stretch[]): Promise<Map<number, bigint>[]> {
  const { rows } = await tx.query<Lists>(
    `select l.hours, l.amounts from ${WINDOWS}
     cross join lateral (${WHOLE_HOURS('w.meter_id', 'w.point', 'h.counts')}) l order by w.i`,
    windowsOf(stretches, AROUND_MS, AROUND_MS / 4),
  );
  return rows.map((row) => new Map(pairsOf(row).map(([hour, amount]) => [hour, BigInt(amount)])));
}

const pairsOf = ({ hours, amounts }: Lists): [number, string][] => {
  const texts = amounts?.split(',') ?? [];
  return hours?.split(',').map((second, i) => [Number(second) * 1_000, texts[i] ?? '0']) ?? [];
};

async function factsOf(tx: Tx, stretches: readonly Stretch[]) {
  const { rows } = await tx.query<{ maxPerHour: bigint | null; energyPerCount: number }>(
    `select p.max_per_hour as "maxPerHour",
       (coalesce((select r.ct::int8 * r.pt from registry.meter_ratio r where r.meter_id = w.meter_id and r.valid_from <= w.from_ts
         order by r.valid_from desc limit 1), 1) * p.unit_value)::float8 as "energyPerCount"
     from ${WINDOWS} join registry.point p on p.meter_id = w.meter_id and p.point = w.point order by w.i`,
    windowsOf(stretches, 0, 0),
  );
  return rows;
}

type Others = Omit<EstimateReferences, 'energyPerCount'>;

/** Meters on the same flow, above, beside and below each stretch's meter, of its medium, with their energy. */
const REFERENCES = `
  with w as materialized (select * from ${WINDOWS}),
  member as (
    select w.i, 'check' as kind, c.check_meter_id as id, c.id as place
    from w join ledger.check_meter c on c.meter_id = w.meter_id and c.valid_from < w.to_ts and (c.valid_to is null or c.valid_to >= w.to_ts)
    union all
    select w.i, 'parent', o.id, o.id
    from w join registry.meter m on m.id = w.meter_id join registry.meter o on o.id = m.parent_id and o.medium = m.medium
    union all
    select w.i, 'sibling', o.id, o.id
    from w join registry.meter m on m.id = w.meter_id
    join registry.meter o on o.parent_id = m.parent_id and o.medium = m.medium and o.id <> m.id
    union all
    select w.i, 'child', o.id, o.id
    from w join registry.meter m on m.id = w.meter_id join registry.meter o on o.parent_id = m.id and o.medium = m.medium)
  select w.i::int4 as i, member.kind, l.hours, l.amounts
  from member join w on w.i = member.i
  join registry.meter m on m.id = member.id
  join registry.point p on p.meter_id = m.id and p.point = registry.booked_point(m.medium)
  cross join lateral (${WHOLE_HOURS('p.meter_id', 'p.point', 'h.counts * h.ratio * p.unit_value')}) l
  order by w.i, member.place desc`;

async function referencesOf(tx: Tx, stretches: readonly Stretch[]): Promise<Map<number, Others>> {
  const { rows } = await tx.query<Lists & { i: number; kind: 'check' | 'parent' | 'sibling' | 'child' }>(
    REFERENCES,
    windowsOf(stretches, COMPARED_MS, 0),
  );
  const found = new Map<number, Others>();
  for (const [i, members] of Map.groupBy(rows, (row) => row.i - 1)) {
    const of = (kind: string): EnergyHours[] =>
      members
        .filter((member) => member.kind === kind)
        .map((member) => new Map(pairsOf(member).map(([hour, amount]) => [hour, Number(amount)])));
    found.set(i, { checks: of('check'), parent: of('parent')[0], siblings: of('sibling'), children: of('child') });
  }
  return found;
}
