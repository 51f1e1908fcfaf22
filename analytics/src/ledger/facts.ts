import { BOOKED_COUNTER, type Medium } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import { ratioTimeline } from '../rules/ratio.ts';
import type { RegisterFacts } from '../rules/register.ts';
import { registerKey } from './marks.ts';

/**
 * What the rules need to know of the registers of some meters, by `registerKey`. Only the counter that is booked for a
 * meter's medium (`BOOKED_COUNTER`) is listed: other counters, such as export or reactive energy, are readings only.
 */
export async function registerFacts(tx: Tx, meterIds: readonly number[]): Promise<Map<string, RegisterFacts>> {
  const points = await tx.query<{
    meterId: number;
    point: number;
    medium: Medium;
    intervalS: number;
    modulus: bigint | null;
  }>(
    `select m.id as "meterId", p.point, m.medium, m.interval_s as "intervalS", p.modulus
     from registry.meter m join registry.point p on p.meter_id = m.id where m.id = any($1::int4[])`,
    [meterIds],
  );
  const ratios = await tx.query<{ meterId: number; fromTs: number; ratio: bigint }>(
    `select meter_id as "meterId", valid_from as "fromTs", ct::int8 * pt as ratio
     from registry.meter_ratio where meter_id = any($1::int4[])`,
    [meterIds],
  );
  const ratiosOf = Map.groupBy(ratios.rows, ({ meterId }) => meterId);
  const facts = new Map<string, RegisterFacts>();
  for (const { meterId, point, medium, intervalS, modulus } of points.rows) {
    if (medium === 'environment' || BOOKED_COUNTER[medium].id !== point) continue;
    facts.set(registerKey({ meterId, point }), {
      intervalS,
      modulus,
      ratios: ratioTimeline(ratiosOf.get(meterId) ?? []),
    });
  }
  return facts;
}
