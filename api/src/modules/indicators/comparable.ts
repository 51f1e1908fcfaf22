import { rational } from '@ganzhi/analytics/rules';
import type { Db } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { type Base, readBases } from '../../energy/base.ts';
import { readChildren, readParts } from '../../energy/parts.ts';
import { readReference } from '../../energy/reference.ts';
import type { Days } from '../../lib/day.ts';
import { type Choice, changeOf, earlier, type Figures, figuresOf } from './rules.ts';
import type { InstitutionIndicators } from './schema.ts';

/**
 * Year on year on a comparable basis (可比口径, domain handbook §0.9 and G3): both years as if the composition of the last day
 * had held all along. Meters count for who holds them that day; area and users of merged predecessors are added for the days
 * on which they stood alone.
 *
 * @returns null when no meter and no body came to the institution after the beginning of the earlier span
 */
export async function comparableChange(
  db: Db,
  id: number,
  days: Days,
  choice: Choice,
  now: number,
): Promise<z.infer<typeof InstitutionIndicators>['comparableYearOnYear']> {
  const before = earlier(days, 12);
  const predecessors = await changedHands(db, id, before.from, days.to);
  if (!predecessors) return null;
  const lastDay = new Date(Date.parse(days.to) - 1).toISOString().slice(0, 10);
  const figures = (span: Days) => comparableFigures(db, [id, ...predecessors], span, { lastDay, choice, now });
  return changeOf(await figures(days), await figures(before));
}

async function comparableFigures(
  db: Db,
  [id = 0, ...predecessors]: readonly number[],
  span: Days,
  { lastDay, choice, now }: { lastDay: string; choice: Choice; now: number },
): Promise<Figures> {
  const bases = await readBases(db, [id, ...predecessors], span, choice.knownOn ?? now);
  const parts = await readParts(db, [id], span, undefined, lastDay);
  const children = await readChildren(db, [id], span, now);
  const known = { parts, children, base: together([...bases.values()]) };
  return figuresOf(known, await readReference(db), span, choice).figures;
}

const together = (bases: readonly Base[]): Base => ({
  areaM2: rational.sum(bases.map(({ areaM2 }) => areaM2)),
  persons: rational.sum(bases.map(({ persons }) => persons)),
  areaVersions: bases.flatMap(({ areaVersions }) => areaVersions ?? []),
  personsVersions: bases.flatMap(({ personsVersions }) => personsVersions ?? []),
});

/** Bodies that merged into it in the span, at any remove; undefined when nothing at all changed hands. */
async function changedHands(db: Db, id: number, from: string, to: string): Promise<number[] | undefined> {
  const { rows } = await db.query<{ ids: number[]; moved: boolean }>(
    `with recursive before(id) as (
       select e.institution_id from registry.institution_event e
       where e.state = 'merged' and e.successors @> array[$1::int4] and e.effective_on > $2 and e.effective_on < $3
       union
       select e.institution_id from registry.institution_event e join before b on e.successors @> array[b.id]
       where e.state = 'merged' and e.effective_on > $2 and e.effective_on < $3)
     select array(select id from before order by id) as ids,
       exists (select from registry.meter m where m.institution_id = $1 and m.held_from > $2 and m.held_from < $3)
         or exists (select from registry.former_holding f where f.institution_id = $1
           and (f.to_day between $2 and $3 or f.from_day between $2 and $3)) as moved`,
    [id, from, to],
  );
  const [row] = rows;
  return row && (row.moved || row.ids.length > 0) ? row.ids : undefined;
}
