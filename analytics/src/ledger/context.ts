import { QUALITY } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import type { Context } from '../rules/reach.ts';
import { largestRegister, type RegisterFacts, type RegisterReading, type Source } from '../rules/register.ts';
import type { Mark } from './marks.ts';
import { instant, textArray } from './sql.ts';

/** A mark whose register is booked. */
export interface Task extends Mark {
  readonly facts: RegisterFacts;
}

/** Effective readings around a mark, ascending: enough, or more is asked for. */
export interface ReadContext extends Context {
  readonly readings: readonly RegisterReading[];
}

/** A reading that counts: usable quality and size. `r` must offer value and quality, `w` largest. */
const USABLE = 'r.quality <> 2 and r.value between -w.largest and w.largest';
/** Readings of a window. `offset 0`: see READINGS. */
const INSIDE = `r.meter_id = w.meter_id and r.point = w.point and r.ts between w.from_ts and w.to_ts and ${USABLE}`;

const WINDOWS = `unnest($1::int4[], $2::int2[], $3::timestamptz[], $4::timestamptz[], $5::int8[])
  with ordinality as w(meter_id, point, from_ts, to_ts, largest, i)`;

/** Time of the reading so many ahead on one side; null when the register ends before. */
const edge = (side: '<' | '>', time: string): string => `
  (select r.ts from metering.reading r where r.meter_id = w.meter_id and r.point = w.point and r.ts ${side} ${time}
     and ${USABLE} order by r.ts ${side === '<' ? 'desc' : 'asc'} offset $6 limit 1)`;

const EDGES = `
  select ${edge('<', 'w.from_ts')} as "from", ${edge('>', 'w.to_ts')} as "to" from ${WINDOWS} order by w.i`;

/**
 * The readings of each window in one row of three lists: a million rows of four columns cost the driver more time than the
 * database and the rules together. Times are whole milliseconds, so no digit is lost on the way.
 *
 * `offset 0` keeps the look-up per window apart, so that it goes by the key: joined, the planner (who cannot know how
 * narrow the windows are) reads the whole table and hashes it, 2,300 ms instead of 10 for a live round on 12 million rows.
 */
const READINGS = `
  select l.times, l.counts, l.qualities
  from ${WINDOWS}
  cross join lateral (
    select string_agg(round(date_part('epoch', s.ts) * 1000)::int8::text, ',') as times, string_agg(s.value::text, ',') as counts,
      string_agg(least(s.quality, 9)::text, '') as qualities
    from (select r.ts, r.value, r.quality from metering.reading r where ${INSIDE} order by r.ts offset 0) s) l
  order by w.i`;

/** Of all later values for one key the best quality, then the latest received. Few, if any. */
const REVISIONS = `
  select distinct on (w.i, c.ts) w.i::int4 as i, c.ts, c.value as counts, c.quality
  from ${WINDOWS}
  cross join lateral (
    select r.ts, r.value, r.quality, r.received_at, r.batch_id from metering.reading_revision r where ${INSIDE} offset 0) c
  order by w.i, c.ts, c.quality, c.received_at desc, c.batch_id desc`;

/** Source class of a register by the quality it came with. */
const sourceOf = (quality: number): Source => {
  if (quality === QUALITY.manual) return 'manual';
  return quality === QUALITY.substituted ? 'estimated' : 'measured';
};

/** The readings of each mark with `margin` more on either side. */
export async function readContexts(tx: Tx, tasks: readonly Task[], margin: number): Promise<ReadContext[]> {
  const columns = (from: (i: number) => number, to: (i: number) => number) => [
    textArray(tasks.map(({ meterId }) => meterId)),
    textArray(tasks.map(({ point }) => point)),
    textArray(tasks.map((_, i) => instant(from(i)))),
    textArray(tasks.map((_, i) => instant(to(i)))),
    textArray(tasks.map(({ facts }) => largestRegister(facts))),
  ];
  const marked = columns(
    (i) => tasks[i]?.fromTs ?? 0,
    (i) => tasks[i]?.toTs ?? 0,
  );
  const edges = await tx.query<{ from: number | null; to: number | null }>(EDGES, [...marked, margin]);
  const fromOf = (i: number) => edges.rows[i]?.from ?? Number.NEGATIVE_INFINITY;
  const toOf = (i: number) => edges.rows[i]?.to ?? Number.POSITIVE_INFINITY;
  const windows = columns(fromOf, toOf);
  const lists = await tx.query<ReadingLists>(READINGS, windows);
  const revisions = await tx.query<Revision>(REVISIONS, windows);
  const revised = Map.groupBy(revisions.rows, ({ i }) => i - 1);
  return tasks.map(({ fromTs, toTs }, i) => ({
    fromTs,
    toTs,
    isStart: fromOf(i) === Number.NEGATIVE_INFINITY,
    isEnd: toOf(i) === Number.POSITIVE_INFINITY,
    readings: effective(readingsOf(lists.rows[i]), revised.get(i)),
  }));
}

interface ReadingLists {
  readonly times: string | null;
  readonly counts: string | null;
  /** One digit each. */
  readonly qualities: string | null;
}

interface Revision {
  readonly i: number;
  readonly ts: number;
  readonly counts: bigint;
  readonly quality: number;
}

type Received = RegisterReading & { readonly quality: number };

function readingsOf(lists: ReadingLists | undefined): Received[] {
  if (!lists?.times || !lists.counts || !lists.qualities) return [];
  const counts = lists.counts.split(',');
  const { qualities } = lists;
  return lists.times.split(',').map((ts, i) => {
    const quality = Number(qualities[i]);
    return { ts: Number(ts), counts: BigInt(counts[i] ?? 0), source: sourceOf(quality), quality };
  });
}

/** A revision is received after the reading it revises: as good a quality is enough. */
function effective(readings: Received[], revisions: readonly Revision[] | undefined): readonly RegisterReading[] {
  if (!revisions) return readings;
  const byTime = new Map<number, Received>(readings.map((reading) => [reading.ts, reading]));
  for (const { ts, counts, quality } of revisions) {
    const before = byTime.get(ts);
    if (!before || quality <= before.quality) byTime.set(ts, { ts, counts, source: sourceOf(quality), quality });
  }
  return [...byTime.values()].sort((a, b) => a.ts - b.ts);
}
