import { addDays, rational } from '@ganzhi/analytics/rules';
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
 * on which they stood alone. Who took over a part of a body that was split is compared with the area and users it has since.
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
  const changed = await changedHands(db, id, before.from, days.to);
  if (!changed) return null;
  const lastDay = addDays(days.to, -1);
  const figures = (span: Days) =>
    comparableFigures(db, [id, ...changed.predecessors], span, { lastDay, splitOn: changed.splitOn, choice, now });
  return changeOf(await figures(days), await figures(before));
}

async function comparableFigures(
  db: Db,
  [id = 0, ...predecessors]: readonly number[],
  span: Days,
  { lastDay, splitOn, choice, now }: { lastDay: string; splitOn: string | null; choice: Choice; now: number },
): Promise<Figures> {
  // before it was made of a part of another body, its area and users were not those of the meters it took over
  const from = splitOn !== null && splitOn > span.from ? splitOn : span.from;
  const standing = from < span.to ? { from, to: span.to } : { from, to: addDays(from, 1) };
  const bases = await readBases(db, [id, ...predecessors], standing, choice.knownOn ?? now);
  const held = { knownOn: choice.knownOn, heldOn: lastDay };
  const parts = await readParts(db, [id], span, held);
  const children = await readChildren(db, [id], span, now, held);
  const known = { parts, children, base: together([...bases.values()]) };
  return figuresOf(known, await readReference(db), span, choice).figures;
}

const together = (bases: readonly Base[]): Base => ({
  areaM2: rational.sum(bases.map(({ areaM2 }) => areaM2)),
  persons: rational.sum(bases.map(({ persons }) => persons)),
  areaVersions: bases.flatMap(({ areaVersions }) => areaVersions ?? []),
  personsVersions: bases.flatMap(({ personsVersions }) => personsVersions ?? []),
});

/**
 * Bodies that merged into it in the span, at any remove, and the last day on which it took over a part of one that was split;
 * undefined when nothing at all changed hands.
 */
async function changedHands(
  db: Db,
  id: number,
  from: string,
  to: string,
): Promise<{ predecessors: number[]; splitOn: string | null } | undefined> {
  const { rows } = await db.query<{ ids: number[]; splitOn: string | null; moved: boolean }>(
    `with recursive before(id) as (
       select e.institution_id from registry.institution_event e
       where e.state = 'merged' and e.successors @> array[$1::int4] and e.effective_on > $2 and e.effective_on < $3
       union
       select e.institution_id from registry.institution_event e join before b on e.successors @> array[b.id]
       where e.state = 'merged' and e.effective_on > $2 and e.effective_on < $3)
     select array(select id from before order by id) as ids,
       (select max(e.effective_on) from registry.institution_event e where e.state = 'split' and e.successors @> array[$1::int4]
         and e.effective_on > $2 and e.effective_on < $3) as "splitOn",
       exists (select from registry.meter m where m.institution_id = $1 and m.held_from > $2 and m.held_from < $3)
         or exists (select from registry.former_holding f where f.institution_id = $1
           and (f.to_day between $2 and $3 or f.from_day between $2 and $3)) as moved`,
    [id, from, to],
  );
  const [row] = rows;
  if (!row || (!row.moved && row.ids.length === 0)) return undefined;
  return { predecessors: row.ids, splitOn: row.splitOn };
}
