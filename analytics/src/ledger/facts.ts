import { BOOKED_COUNTER, type Medium } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import type { Edit } from '../rules/edit.ts';
import { ratioTimeline } from '../rules/ratio.ts';
import type { RegisterFacts } from '../rules/register.ts';
import type { Replacement } from '../rules/replacement.ts';
import { type StepLimits, stepLimits, type VeeThreshold } from '../rules/vee-rules.ts';
import { type RegisterId, registerKey } from './marks.ts';

/**
 * What the rules need to know of the registers of some meters, by `registerKey`. Only the counter that is booked for a
 * meter's medium (`BOOKED_COUNTER`) is listed: other counters, such as export or reactive energy, are readings only.
 */
export async function registerFacts(tx: Tx, meterIds: readonly number[]): Promise<Map<string, RegisterFacts>> {
  const points = await tx.query<{
    meterId: number;
    point: number;
    medium: Medium;
    role: string;
    intervalS: number;
    modulus: bigint | null;
    maxPerHour: bigint | null;
  }>(
    `select m.id as "meterId", p.point, m.medium, m.role, m.interval_s as "intervalS", p.modulus,
       p.max_per_hour as "maxPerHour"
     from registry.meter m join registry.point p on p.meter_id = m.id where m.id = any($1::int4[])`,
    [meterIds],
  );
  const ratios = await tx.query<{ meterId: number; fromTs: number; ratio: bigint }>(
    `select meter_id as "meterId", valid_from as "fromTs", ct::int8 * pt as ratio
     from registry.meter_ratio where meter_id = any($1::int4[])`,
    [meterIds],
  );
  const replacements = await tx.query<RegisterId & Replacement>(
    `select meter_id as "meterId", point, at as ts, closing, opening from registry.meter_replacement
     where meter_id = any($1::int4[]) order by at`,
    [meterIds],
  );
  const edits = await tx.query<RegisterId & Edit>(
    `select meter_id as "meterId", point, id, kind as verdict, from_ts as "fromTs", to_ts as "toTs" from ledger.edit
     where meter_id = any($1::int4[]) and status = 'approved' and kind in ('accept', 'set-aside', 'book', 'dispute')
     order by id`,
    [meterIds],
  );
  const thresholds = await tx.query<VeeThreshold>(
    `select id, rule, parameter, medium, role, value::float8 as value, valid_from as "validFrom"
     from ledger.vee_threshold where rule in ('V2', 'V4')`,
  );
  const limitsOf = limitsByKind(thresholds.rows);
  const replacementsOf = Map.groupBy(replacements.rows, registerKey);
  const editsOf = Map.groupBy(edits.rows, registerKey);
  const ratiosOf = Map.groupBy(ratios.rows, ({ meterId }) => meterId);
  const facts = new Map<string, RegisterFacts>();
  for (const { meterId, point, medium, role, intervalS, modulus, maxPerHour } of points.rows) {
    if (medium === 'environment' || BOOKED_COUNTER[medium].id !== point) continue;
    const key = registerKey({ meterId, point });
    facts.set(key, {
      intervalS,
      modulus,
      maxPerHour,
      limits: limitsOf(medium, role),
      replacements: replacementsOf.get(key) ?? [],
      edits: editsOf.get(key) ?? [],
      ratios: ratioTimeline(ratiosOf.get(meterId) ?? []),
    });
  }
  return facts;
}

/** A city has few kinds of meters: each is looked up once. */
function limitsByKind(thresholds: readonly VeeThreshold[]): (medium: string, role: string) => readonly StepLimits[] {
  const found = new Map<string, readonly StepLimits[]>();
  return (medium, role) => {
    const key = `${medium}/${role}`;
    const limits = found.get(key) ?? stepLimits(thresholds, { medium, role });
    found.set(key, limits);
    return limits;
  };
}
