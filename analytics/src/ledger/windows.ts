import { HOUR, hourStart } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import { largestRegister, type RegisterFacts } from '../rules/register.ts';
import { type Mark, type RegisterId, registerKey } from './marks.ts';
import { instant } from './sql.ts';

/**
 * What changed readings can influence, and what must be read to recompute exactly that.
 *
 * A reading changes the step before it and the step after it, so the changed steps end at the neighbours p < from and
 * n > to. Every hour those steps touch is rewritten whole: [hourFrom, hourTo). Its edge hours also hold parts of
 * unchanged steps, so readings are loaded out to readFrom, a reading at or before hourFrom, and readTo, one at or after
 * hourTo. All steps between the two are complete, and each span lies within one step, so spans are rewritten by their
 * start in [readFrom, readTo).
 */
export interface Window extends RegisterId {
  readonly facts: RegisterFacts;
  readonly readFrom: number;
  readonly readTo: number;
  readonly hourFrom: number;
  readonly hourTo: number;
}

/** A reading that counts: usable quality and size. `r` must offer meter_id, point, ts, value, quality. */
export const USABLE = 'r.quality <> 2 and r.value between -w.largest and w.largest';

/** The nearest effective reading on one side of a time expression; revisions can make a bad reading a good one. */
const nearest = (side: '<' | '<=' | '>' | '>=', time: string): string => {
  const direction = side.startsWith('<') ? 'desc' : 'asc';
  const from = (table: string) =>
    `(select r.ts from ${table} r where r.meter_id = w.meter_id and r.point = w.point and r.ts ${side} ${time}
      and ${USABLE} order by r.ts ${direction} limit 1)`;
  return `lateral (select e.ts from (${from('metering.reading')} union all ${from('metering.reading_revision')}) e
    order by e.ts ${direction} limit 1)`;
};

const HOUR_FLOOR = `date_trunc('hour', coalesce(p.ts, w.from_ts), 'UTC')`;
const HOUR_CEILING = `(date_trunc('hour', coalesce(n.ts, w.to_ts) - interval '1 microsecond', 'UTC') + interval '1 hour')`;

const WINDOWS = `
  select w.i, p.ts as "previous", n.ts as "next", l.ts as "readFrom", u.ts as "readTo"
  from unnest($1::int4[], $2::int2[], $3::timestamptz[], $4::timestamptz[], $5::int8[])
    with ordinality as w(meter_id, point, from_ts, to_ts, largest, i)
  left join ${nearest('<', 'w.from_ts')} p on true
  left join ${nearest('>', 'w.to_ts')} n on true
  left join ${nearest('<=', HOUR_FLOOR)} l on true
  left join ${nearest('>=', HOUR_CEILING)} u on true
  order by w.i`;

interface Edges {
  previous: number | null;
  next: number | null;
  readFrom: number | null;
  readTo: number | null;
}

/** Windows of the marks, joined where they overlap, so that no row is rewritten twice. Marks without facts are dropped. */
export async function findWindows(
  tx: Tx,
  marks: readonly Mark[],
  facts: ReadonlyMap<string, RegisterFacts>,
): Promise<Window[]> {
  const known = marks.flatMap((mark) => {
    const factsOfMark = facts.get(registerKey(mark));
    return factsOfMark ? [{ mark, facts: factsOfMark }] : [];
  });
  const { rows } = await tx.query<Edges>(WINDOWS, [
    known.map(({ mark }) => mark.meterId),
    known.map(({ mark }) => mark.point),
    known.map(({ mark }) => instant(mark.fromTs)),
    known.map(({ mark }) => instant(mark.toTs)),
    known.map(({ facts }) => largestRegister(facts)),
  ]);
  const windows = known.map(({ mark, facts }, i): Window => {
    const edges = rows[i];
    const hourFrom = hourStart(edges?.previous ?? mark.fromTs);
    const hourTo = hourStart((edges?.next ?? mark.toTs) - 1) + HOUR;
    const { meterId, point } = mark;
    // no reading beyond an edge hour: nothing before or after it can reach in
    return {
      meterId,
      point,
      facts,
      hourFrom,
      hourTo,
      readFrom: edges?.readFrom ?? hourFrom,
      readTo: edges?.readTo ?? hourTo,
    };
  });
  return joinWindows(windows);
}

function joinWindows(windows: readonly Window[]): Window[] {
  const byRegister = Map.groupBy(windows, registerKey);
  return Array.from(byRegister.values()).flatMap((list) => {
    const joined: Window[] = [];
    for (const window of list.toSorted((a, b) => a.readFrom - b.readFrom)) {
      const last = joined.at(-1);
      if (!last || window.readFrom >= last.readTo) {
        joined.push(window);
        continue;
      }
      joined[joined.length - 1] = {
        ...last,
        readTo: Math.max(last.readTo, window.readTo),
        hourFrom: Math.min(last.hourFrom, window.hourFrom),
        hourTo: Math.max(last.hourTo, window.hourTo),
      };
    }
    return joined;
  });
}

/** Hours read at once. Meters polled each minute bring 60 readings an hour: some 60,000 rows in memory at most. */
const HOURS_AT_ONCE = 1_000;

/** Groups of consecutive windows, each small enough to be read and computed at once. */
export function groupWindows(windows: readonly Window[]): Window[][] {
  const groups: Window[][] = [];
  let room = 0;
  for (const window of windows) {
    const hours = (window.readTo - window.readFrom) / HOUR;
    const group = groups.at(-1);
    if (group && hours <= room) group.push(window);
    else {
      groups.push([window]);
      room = HOURS_AT_ONCE;
    }
    room -= hours;
  }
  return groups;
}
