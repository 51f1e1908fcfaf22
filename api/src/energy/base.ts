import { type DatedFact, rational, timeline, weightedMean } from '@ganzhi/analytics/rules';
import type { Db, Tx } from '@ganzhi/schemas/db';
import { type Days, daysBetween } from '../lib/day.ts';

/** Area and users of an institution over a span, weighted by days. */
export interface Base {
  areaM2: rational.Rational;
  persons: rational.Rational;
  /** Ids of the dated facts; null where the registry's figure holds for want of any. */
  areaVersions: readonly number[] | null;
  personsVersions: readonly number[] | null;
}

interface FactRow {
  id: number;
  institutionId: number;
  kind: 'area' | 'persons';
  value: string;
  validFrom: string;
  recordedAt: number;
}

/** Means by days (domain handbook §2.3): a building that was in use for half of the span counts half its area. */
export async function readBases(
  db: Db | Tx,
  institutionIds: readonly number[],
  days: Days,
  knownOn: number,
): Promise<Map<number, Base>> {
  const institutions = await db.query<{ id: number; area: string; persons: number }>(
    'select id, area_m2 as area, headcount as persons from registry.institution where id = any($1::int4[])',
    [institutionIds],
  );
  const facts = await db.query<FactRow>(
    `select id, institution_id as "institutionId", kind, value, valid_from as "validFrom", recorded_at as "recordedAt"
     from energy.base_fact where institution_id = any($1::int4[])`,
    [institutionIds],
  );
  const byKey = Map.groupBy(facts.rows, ({ institutionId, kind }) => `${institutionId}/${kind}`);
  const meanOf = (id: number, kind: FactRow['kind']) => {
    const dated: DatedFact[] = (byKey.get(`${id}/${kind}`) ?? []).map((row) => ({
      ...row,
      value: rational.decimal(row.value),
    }));
    return daysBetween(days) > 0 ? weightedMean(timeline(dated, knownOn), days.from, days.to) : undefined;
  };
  return new Map(
    institutions.rows.map(({ id, area, persons }) => {
      const [areaMean, personsMean] = [meanOf(id, 'area'), meanOf(id, 'persons')];
      return [
        id,
        {
          areaM2: areaMean?.value ?? rational.decimal(area),
          persons: personsMean?.value ?? rational.fraction(BigInt(persons)),
          areaVersions: areaMean?.versions ?? null,
          personsVersions: personsMean?.versions ?? null,
        },
      ];
    }),
  );
}
