import type { Tx } from '@ganzhi/schemas/db';
import { SETTLED_AFTER_MS, SHORTEST_LIFE_MS } from '../ledger/superseded.ts';
import { inForce, timeline } from '../rules/energy/dated.ts';
import { formulaValue, type Linear, type Operand } from '../rules/energy/formula.ts';
import { decimal, divide, toText } from '../rules/energy/rational.ts';
import type { DayMark } from './marks.ts';
import { meterDayKey, meterDays } from './meter-days.ts';

interface Formula extends Linear {
  readonly id: number;
  readonly validFrom: string;
  readonly recordedAt: number;
}

interface Wanted {
  readonly virtualId: number;
  readonly day: string;
}

interface DayRow extends Wanted {
  readonly formulaId: number;
  readonly energy: string | null;
  readonly missing: readonly string[];
}

const HOURS_A_DAY = 24;
/** Deeper nesting than any formula on file can have, since cycles are refused when they are written. */
const DEEPEST = 50;

/** Days of virtual meters that a changed day of a meter or of another virtual meter reaches directly. */
async function dependents(tx: Tx, marks: readonly DayMark[]): Promise<Wanted[]> {
  const { rows } = await tx.query<Wanted>(
    `select distinct f.virtual_meter_id as "virtualId", k.day
     from unnest($1::int4[], $2::int4[], $3::date[]) as k(meter_id, virtual_id, day)
     join energy.virtual_term t on t.meter_id = k.meter_id or t.operand_id = k.virtual_id
     join energy.virtual_formula f on f.id = t.formula_id`,
    [marks.map((mark) => mark.meterId), marks.map((mark) => mark.virtualId), marks.map((mark) => mark.day)],
  );
  return rows;
}

/**
 * Brings days of virtual meters in line with their operands, level by level upwards.
 *
 * @returns how many rows changed
 */
export async function refreshVirtualDays(tx: Tx, marks: readonly DayMark[], now: number): Promise<number> {
  const direct = marks.flatMap(({ virtualId, day }) => (virtualId === null ? [] : [{ virtualId, day }]));
  let wanted = distinct([...(await dependents(tx, marks)), ...direct]);
  let changed = 0;
  for (let level = 0; wanted.length > 0 && level < DEEPEST; level += 1) {
    const moved = await refreshLevel(tx, wanted, now);
    changed += moved.length;
    wanted = await dependents(
      tx,
      moved.map(({ virtualId, day }) => ({ meterId: null, virtualId, day })),
    );
  }
  return changed;
}

const distinct = (list: readonly Wanted[]): Wanted[] => [
  ...new Map(list.map((one) => [`${one.virtualId}/${one.day}`, one])).values(),
];

async function refreshLevel(tx: Tx, wanted: readonly Wanted[], now: number): Promise<Wanted[]> {
  const formulas = await readFormulas(tx, [...new Set(wanted.map(({ virtualId }) => virtualId))]);
  const names = await readNames(tx, [...formulas.values()].flat());
  const days = [...new Set(wanted.map(({ day }) => day))];
  const physical = await meterDays(tx, names.meterIds, days);
  const virtual = await storedDays(tx, names.virtualIds, days);
  const rows = wanted.flatMap(({ virtualId, day }): DayRow[] => {
    const formula = inForce(formulas.get(virtualId) ?? [], day);
    if (!formula) return [];
    const operandOf = (operand: string): Operand => {
      const [kind, id] = operand.split(':');
      const name = names.codes.get(operand) ?? operand;
      if (kind === 'v') {
        const stored = virtual.get(`${id}/${day}`);
        return { energy: stored?.energy ? decimal(stored.energy) : null, missing: stored?.missing ?? [name] };
      }
      const known = physical.get(meterDayKey(Number(id), day));
      return { energy: known?.energy ?? null, missing: known?.disputed ? [name] : [] };
    };
    const { energy, missing } = formulaValue(formula, operandOf, HOURS_A_DAY);
    const codes = missing.map((one) => names.codes.get(one) ?? one).sort();
    if (energy === null && codes.length >= formula.terms.size) return [];
    return [{ virtualId, day, formulaId: formula.id, energy: energy && toText(energy, 6), missing: codes }];
  });
  return writeDays(tx, wanted, rows, now);
}

/** Formulas by virtual meter, ordered by day; operands are named `m:<id>` and `v:<id>`. */
async function readFormulas(tx: Tx, virtualIds: readonly number[]): Promise<Map<number, Formula[]>> {
  const { rows } = await tx.query<{
    id: number;
    virtualId: number;
    validFrom: string;
    recordedAt: number;
    constantNum: string;
    constantDen: string;
    operands: string[];
    nums: string[];
    dens: string[];
  }>(
    `select f.id, f.virtual_meter_id as "virtualId", f.valid_from as "validFrom", f.recorded_at as "recordedAt",
       f.constant_num as "constantNum", f.constant_den as "constantDen",
       array_agg(coalesce('m:' || t.meter_id, 'v:' || t.operand_id)) as operands,
       array_agg(t.num::text) as nums, array_agg(t.den::text) as dens
     from energy.virtual_formula f join energy.virtual_term t on t.formula_id = f.id
     where f.virtual_meter_id = any($1::int4[]) group by f.id`,
    [virtualIds],
  );
  const formulas = rows.map((row) => ({
    ...row,
    constant: divide(decimal(row.constantNum), decimal(row.constantDen)),
    terms: new Map(
      row.operands.map((operand, i) => [operand, divide(decimal(row.nums[i] ?? '0'), decimal(row.dens[i] ?? '1'))]),
    ),
  }));
  return new Map(
    Array.from(
      Map.groupBy(formulas, ({ virtualId }) => virtualId),
      ([id, list]) => [id, timeline(list)],
    ),
  );
}

async function readNames(tx: Tx, formulas: readonly Formula[]) {
  const operands = [...new Set(formulas.flatMap(({ terms }) => [...terms.keys()]))];
  const idsOf = (kind: string) =>
    operands.flatMap((operand) => (operand.startsWith(kind) ? [Number(operand.slice(kind.length))] : []));
  const [meterIds, virtualIds] = [idsOf('m:'), idsOf('v:')];
  const { rows } = await tx.query<{ operand: string; code: string }>(
    `select 'm:' || id as operand, code from registry.meter where id = any($1::int4[])
     union all select 'v:' || id, code from energy.virtual_meter where id = any($2::int4[])`,
    [meterIds, virtualIds],
  );
  return { meterIds, virtualIds, codes: new Map(rows.map(({ operand, code }) => [operand, code])) };
}

async function storedDays(tx: Tx, virtualIds: readonly number[], days: readonly string[]) {
  const { rows } = await tx.query<{ id: number; day: string; energy: string | null; missing: string[] }>(
    `select virtual_meter_id as id, day, energy, missing from energy.virtual_day
     where virtual_meter_id = any($1::int4[]) and day = any($2::date[])`,
    [virtualIds, days],
  );
  return new Map(rows.map((row) => [`${row.id}/${row.day}`, row]));
}

/** Rows that are equal stay untouched: known_since tells since when a figure is known. */
async function writeDays(tx: Tx, wanted: readonly Wanted[], rows: readonly DayRow[], now: number): Promise<Wanted[]> {
  const kept = new Set(rows.map(({ virtualId, day }) => `${virtualId}/${day}`));
  const gone = wanted.filter(({ virtualId, day }) => !kept.has(`${virtualId}/${day}`));
  await keepVersions(tx, gone, rows, now);
  const removed = await tx.query<Wanted>(
    `delete from energy.virtual_day d using unnest($1::int4[], $2::date[]) as g(id, day)
     where d.virtual_meter_id = g.id and d.day = g.day returning d.virtual_meter_id as "virtualId", d.day`,
    [gone.map(({ virtualId }) => virtualId), gone.map(({ day }) => day)],
  );
  const written = await tx.query<Wanted>(
    `insert into energy.virtual_day as x (virtual_meter_id, day, formula_id, energy, missing, known_since)
     select r."virtualId", r.day, r."formulaId", r.energy,
       coalesce((select array_agg(m) from json_array_elements_text(r.missing) m), '{}'), $2
     from json_to_recordset($1) as r("virtualId" int4, day date, "formulaId" int4, energy numeric, missing json)
     on conflict (virtual_meter_id, day) do update
       set formula_id = excluded.formula_id, energy = excluded.energy, missing = excluded.missing, known_since = excluded.known_since
     where (x.formula_id, x.energy, x.missing) is distinct from (excluded.formula_id, excluded.energy, excluded.missing)
     returning x.virtual_meter_id as "virtualId", x.day`,
    [JSON.stringify(rows), new Date(now)],
  );
  return [...removed.rows, ...written.rows];
}

/** Keeps the versions that were known, before they are overwritten or removed. */
async function keepVersions(tx: Tx, gone: readonly Wanted[], rows: readonly DayRow[], now: number): Promise<void> {
  await tx.query(
    `with next as (
       select r."virtualId" as id, r.day, r."formulaId" as formula_id, r.energy,
         coalesce((select array_agg(m) from json_array_elements_text(r.missing) m), '{}') as missing, true as stays
       from json_to_recordset($1) as r("virtualId" int4, day date, "formulaId" int4, energy numeric, missing json)
       union all
       select g.id, g.day, null, null, null, false from unnest($2::int4[], $3::date[]) as g(id, day))
     insert into energy.superseded_virtual_day (virtual_meter_id, day, formula_id, energy, missing, known_since, known_until)
     select x.virtual_meter_id, x.day, x.formula_id, x.energy, x.missing, x.known_since, $4::timestamptz
     from energy.virtual_day x join next n on n.id = x.virtual_meter_id and n.day = x.day
     where (not n.stays or (x.formula_id, x.energy, x.missing) is distinct from (n.formula_id, n.energy, n.missing))
       and $4::timestamptz >= (x.day + 1)::timestamp at time zone 'Asia/Shanghai' + $5 * interval '1 ms'
       and $4::timestamptz >= x.known_since + $6 * interval '1 ms'
     on conflict do nothing`,
    [
      JSON.stringify(rows),
      gone.map(({ virtualId }) => virtualId),
      gone.map(({ day }) => day),
      new Date(now),
      SETTLED_AFTER_MS,
      SHORTEST_LIFE_MS,
    ],
  );
}
