import type { Tx } from '@ganzhi/schemas/db';
import { SETTLED_AFTER_MS, SHORTEST_LIFE_MS } from '../ledger/superseded.ts';
import { inForce, timeline } from '../rules/energy/dated.ts';
import { decimal, fraction, type Rational, roundTo, toText } from '../rules/energy/rational.ts';
import { apportion } from '../rules/energy/shares.ts';
import type { DayMark } from './marks.ts';
import { type MeterDay, meterDayKey, meterDays } from './meter-days.ts';

/** Shares are kept to 10^-6 units; a day of a meter has no more digits. */
const DECIMALS = 6;

interface Rule {
  readonly id: number;
  readonly meterId: number;
  readonly medium: string;
  /** Institution of the meter itself. */
  readonly ownerId: number;
  readonly validFrom: string;
  readonly recordedAt: number;
  readonly basis: 'fixed' | 'area' | 'persons' | 'meter' | 'none';
  readonly shares: readonly Share[];
}
interface Share {
  readonly institutionId: number;
  readonly weight: string | null;
  readonly basisMeterId: number | null;
}
interface Wanted {
  readonly meterId: number;
  readonly day: string;
}
interface Row extends Wanted {
  readonly institutionId: number;
  readonly ruleId: number;
  readonly medium: string;
  readonly unallocated: boolean;
  readonly energy: string;
}

/**
 * Splits changed days of shared meters by the rule in force, to the last count.
 *
 * @returns how many days were looked at
 */
export async function refreshAllocatedDays(tx: Tx, marks: readonly DayMark[], now: number): Promise<number> {
  const wanted = await concerned(tx, marks);
  if (wanted.length === 0) return 0;
  const rules = await readRules(tx, [...new Set(wanted.map(({ meterId }) => meterId))]);
  const days = [...new Set(wanted.map(({ day }) => day))];
  const basisMeters = [...rules.values()]
    .flat()
    .flatMap((rule) => rule.shares.flatMap((one) => one.basisMeterId ?? []));
  const known = await meterDays(tx, [...new Set([...rules.keys(), ...basisMeters])], days);
  const facts = await readFacts(tx, [...rules.values()].flat());
  const mains = await mainDays(tx, wanted);
  const rows = wanted.flatMap(({ meterId, day }): Row[] => {
    const rule = inForce(rules.get(meterId) ?? [], day);
    if (!mains.has(meterDayKey(meterId, day))) return [];
    const own = known.get(meterDayKey(meterId, day));
    return rule && rule.basis !== 'none' && own ? split(rule, own, day, known, facts) : [];
  });
  await writeRows(tx, wanted, rows, now);
  return wanted.length;
}

/** A day whose weights are unknown or all zero stays with the meter's own institution, whole: nothing is guessed. */
function split(
  rule: Rule,
  own: MeterDay,
  day: string,
  known: ReadonlyMap<string, MeterDay>,
  facts: (institutionId: number, kind: 'area' | 'persons', day: string) => Rational,
): Row[] {
  const weights = rule.shares.map((share): Rational | undefined => {
    if (rule.basis === 'fixed') return share.weight === null ? undefined : decimal(share.weight);
    if (rule.basis === 'area' || rule.basis === 'persons') return facts(share.institutionId, rule.basis, day);
    return share.basisMeterId === null ? undefined : known.get(meterDayKey(share.basisMeterId, day))?.energy;
  });
  const counts = roundTo(own.energy, DECIMALS);
  const complete = weights.flatMap((weight) => weight ?? []);
  const parts = complete.length === weights.length ? apportion(counts, complete) : undefined;
  const row = (institutionId: number, part: bigint): Row => ({
    meterId: rule.meterId,
    day,
    institutionId,
    ruleId: rule.id,
    medium: rule.medium,
    unallocated: !parts,
    energy: toText(fraction(part, 10n ** BigInt(DECIMALS)), DECIMALS),
  });
  if (!parts) return [row(rule.ownerId, counts)];
  return rule.shares.map((share, i) => row(share.institutionId, parts[i] ?? 0n));
}

async function concerned(tx: Tx, marks: readonly DayMark[]): Promise<Wanted[]> {
  const { rows } = await tx.query<Wanted>(
    `select distinct r.meter_id as "meterId", k.day
     from unnest($1::int4[], $2::date[]) as k(meter_id, day)
     join energy.allocation_rule r on r.meter_id = k.meter_id
       or exists (select from energy.allocation_share s where s.rule_id = r.id and s.basis_meter_id = k.meter_id)
     where k.meter_id is not null`,
    [marks.map((mark) => mark.meterId), marks.map((mark) => mark.day)],
  );
  return rows;
}

/** Keys of those meters and days that add up to an institution: what stands below another meter is shared out with it. */
async function mainDays(tx: Tx, wanted: readonly Wanted[]): Promise<Set<string>> {
  const { rows } = await tx.query<Wanted>(
    `select w.meter_id as "meterId", w.day from unnest($1::int4[], $2::date[]) as w(meter_id, day)
     join registry.meter m on m.id = w.meter_id
     left join registry.meter_periods('infinity') p on p.meter_id = m.id and p.from_day <= w.day and p.to_day > w.day
     where coalesce(p.role, m.role) = 'main'`,
    [wanted.map(({ meterId }) => meterId), wanted.map(({ day }) => day)],
  );
  return new Set(rows.map(({ meterId, day }) => meterDayKey(meterId, day)));
}

async function readRules(tx: Tx, meterIds: readonly number[]): Promise<Map<number, Rule[]>> {
  const { rows } = await tx.query<Rule>(
    `select r.id, r.meter_id as "meterId", m.medium, m.institution_id as "ownerId", r.valid_from as "validFrom", r.recorded_at as "recordedAt", r.basis,
       coalesce((select json_agg(json_build_object('institutionId', s.institution_id, 'weight', s.weight::text,
         'basisMeterId', s.basis_meter_id) order by s.institution_id)
         from energy.allocation_share s where s.rule_id = r.id), '[]') as shares
     from energy.allocation_rule r join registry.meter m on m.id = r.meter_id where r.meter_id = any($1::int4[])`,
    [meterIds],
  );
  return new Map(
    Array.from(
      Map.groupBy(rows, ({ meterId }) => meterId),
      ([id, list]) => [id, timeline(list)],
    ),
  );
}

/** Area and users by day; where nothing dated is on file, the registry's figure. */
async function readFacts(tx: Tx, rules: readonly Rule[]) {
  const ids = [...new Set(rules.flatMap(({ shares }) => shares.map(({ institutionId }) => institutionId)))];
  const registry = await tx.query<{ id: number; area: string; persons: string }>(
    'select id, area_m2 as area, headcount::text as persons from registry.institution where id = any($1::int4[])',
    [ids],
  );
  const facts = await tx.query<{ id: number; kind: string; value: string; validFrom: string; recordedAt: number }>(
    `select institution_id as id, kind, value, valid_from as "validFrom", recorded_at as "recordedAt"
     from energy.base_fact where institution_id = any($1::int4[])`,
    [ids],
  );
  const undated = new Map(registry.rows.map((row) => [row.id, row]));
  const dated = new Map(
    Array.from(
      Map.groupBy(facts.rows, ({ id, kind }) => `${id}/${kind}`),
      ([key, list]) => [key, timeline(list)],
    ),
  );
  return (institutionId: number, kind: 'area' | 'persons', day: string): Rational =>
    decimal(
      inForce(dated.get(`${institutionId}/${kind}`) ?? [], day)?.value ?? undated.get(institutionId)?.[kind] ?? '0',
    );
}

async function writeRows(tx: Tx, wanted: readonly Wanted[], rows: readonly Row[], now: number): Promise<void> {
  await tx.query(
    `insert into energy.superseded_allocated_day
       (meter_id, day, institution_id, rule_id, medium, unallocated, energy, known_since, known_until)
     select x.meter_id, x.day, x.institution_id, x.rule_id, x.medium, x.unallocated, x.energy, x.known_since, $4::timestamptz
     from unnest($1::int4[], $2::date[]) as w(meter_id, day)
     join energy.allocated_day x on x.meter_id = w.meter_id and x.day = w.day
     left join json_to_recordset($3) as r("meterId" int4, day date, "institutionId" int4, "ruleId" int4, unallocated boolean,
         energy numeric)
       on r."meterId" = x.meter_id and r.day = x.day and r."institutionId" = x.institution_id
     where (x.rule_id, x.unallocated, x.energy) is distinct from (r."ruleId", r.unallocated, r.energy)
       and $4::timestamptz >= (x.day + 1)::timestamp at time zone 'Asia/Shanghai' + $5 * interval '1 ms'
       and $4::timestamptz >= x.known_since + $6 * interval '1 ms'
     on conflict do nothing`,
    [
      wanted.map(({ meterId }) => meterId),
      wanted.map(({ day }) => day),
      JSON.stringify(rows),
      new Date(now),
      SETTLED_AFTER_MS,
      SHORTEST_LIFE_MS,
    ],
  );
  await tx.query(
    `delete from energy.allocated_day d using unnest($1::int4[], $2::date[]) as w(meter_id, day)
     where d.meter_id = w.meter_id and d.day = w.day and not exists (
       select from json_to_recordset($3) as r("meterId" int4, day date, "institutionId" int4)
       where r."meterId" = d.meter_id and r.day = d.day and r."institutionId" = d.institution_id)`,
    [wanted.map(({ meterId }) => meterId), wanted.map(({ day }) => day), JSON.stringify(rows)],
  );
  await tx.query(
    `insert into energy.allocated_day as x (meter_id, day, institution_id, rule_id, medium, unallocated, energy, known_since)
     select r."meterId", r.day, r."institutionId", r."ruleId", r.medium, r.unallocated, r.energy, $2
     from json_to_recordset($1) as r("meterId" int4, day date, "institutionId" int4, "ruleId" int4, medium text,
       unallocated boolean, energy numeric)
     on conflict (meter_id, day, institution_id) do update
       set rule_id = excluded.rule_id, unallocated = excluded.unallocated, energy = excluded.energy,
         known_since = excluded.known_since
     where (x.rule_id, x.unallocated, x.energy) is distinct from (excluded.rule_id, excluded.unallocated, excluded.energy)`,
    [JSON.stringify(rows), new Date(now)],
  );
}
