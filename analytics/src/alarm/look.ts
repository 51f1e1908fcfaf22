import { DAY, hourStart } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { foldSilence } from '../rules/alarm/fold.ts';
import { SILENCE } from '../rules/alarm/policy.ts';
import { FINDING_KINDS, type Finding, type FindingKind } from '../rules/detect/finding.ts';
import type { ThresholdRow } from '../rules/detect/thresholds.ts';
import type { CalendarOverrides } from '../rules/energy/calendar.ts';
import { type Applied, applyFindings } from './apply.ts';
import { type Due, dueInstitutions, isFirstOfNight, markLooked, oldestLiving, windowStart } from './due.ts';
import { readPlaces } from './places.ts';
import { readOverrides } from './prices.ts';
import { silentMeters } from './silence.ts';
import { readThresholds } from './thresholds.ts';

/** What the detectors are asked for. */
export interface Wanted {
  readonly fromMs: number;
  readonly toMs: number;
  /** Left out: all. */
  readonly institutionIds?: readonly number[];
  readonly calendar: CalendarOverrides;
  readonly thresholds: readonly ThresholdRow[];
  /** What the classifier said and what is missing; how much flows; how readings came. */
  readonly of: 'registers' | 'consumption' | 'arrival';
}
export type Detect = (db: Db, wanted: Wanted) => Promise<Finding[]>;

/** How readings came: seen by comparing the gateways of a division, so for the whole city at once, and not far back. */
const ARRIVAL: ReadonlySet<FindingKind> = new Set(['clock-drift', 'duplicate', 'reordering', 'late-backfill']);
const ARRIVAL_DAYS = 8;
const REGISTERS: ReadonlySet<FindingKind> = new Set([
  ...['frozen', 'spike', 'transient-zero', 'rollover', 'reset', 'replacement'],
  ...['word-order', 'backward', 'implausible', 'disorder'],
] as const);
const CONSUMPTION: ReadonlySet<FindingKind> = new Set(
  FINDING_KINDS.filter((kind) => !SILENCE.has(kind) && !ARRIVAL.has(kind) && !REGISTERS.has(kind)),
);
/** Decisions are few and read by index; every hour of the ledger is not. */
const MOST_DAYS = { registers: 1_000, consumption: 180 } as const;
/** Institutions of one type at a time: what they hold in memory, and what a restart repeats. */
const AT_A_TIME = 150;
/** So many institutions in a row that cannot be looked at are no fault of theirs. */
const MOST_FAILURES = 5;
/** Those with an old alarm, whose past is read further back. */
const OLD_AT_A_TIME = 20;

export interface Looked extends Applied {
  readonly institutions: number;
}

/**
 * Meters that are silent at this moment, in the whole city, put down to their causes.
 *
 * @throws what the database throws; nothing is changed then
 */
export async function lookForSilence(db: Db, now: number): Promise<Applied> {
  const places = await readPlaces(db, null);
  const found = foldSilence(await silentMeters(db, now), places);
  return applyFindings(db, found, { nowMs: now, fromMs: 0, kinds: SILENCE, absent: 'over' }, null, places);
}

export interface LookOptions {
  readonly now: number;
  /** Asked between two groups. */
  readonly isStopping?: () => boolean;
  /** An institution that could not be looked at; the others are, and it is tried again. */
  readonly onFailure?: (institutionId: number, error: unknown) => void;
}

/** Looks at every institution that is due; each group by itself, so that a stop loses one group and a fault one institution. */
export async function lookAtDue(db: Db, detect: Detect, options: LookOptions): Promise<Looked> {
  const { now, isStopping = () => false, onFailure = () => undefined } = options;
  const due = await dueInstitutions(db, now);
  const total: (Applied & { institutions: number })[] = [];
  if (due.length > 0) {
    const context = { calendar: await readOverrides(db), thresholds: await readThresholds(db) };
    if (await isFirstOfNight(db, now)) {
      total.push({ institutions: 0, ...(await lookAtArrivals(db, detect, now, context)) });
    }
    let failures = 0;
    const look = async (group: readonly number[]): Promise<void> => {
      try {
        total.push({ institutions: group.length, ...(await lookAtGroup(db, detect, group, now, context)) });
        failures = 0;
      } catch (error) {
        const [only] = group;
        if (group.length === 1 && only !== undefined) {
          failures += 1;
          // not a fault of these: the database is away
          if (failures > MOST_FAILURES) throw error;
          return onFailure(only, error);
        }
        for (const one of group) await look([one]);
      }
    };
    const ids = due.map(({ institutionId }) => institutionId);
    const oldest = await oldestLiving(db, ids, CONSUMPTION);
    const isOld = (id: number) =>
      windowStart(oldest.get(id), now, MOST_DAYS.consumption) < windowStart(undefined, now, MOST_DAYS.consumption);
    for (const group of groupsOf(due, isOld)) {
      if (isStopping()) break;
      await look(group);
    }
  }
  return { institutions: total.reduce((sum, { institutions }) => sum + institutions, 0), ...sumOf(total) };
}

type Context = Pick<Wanted, 'calendar' | 'thresholds'>;

async function lookAtArrivals(db: Db, detect: Detect, now: number, context: Context): Promise<Applied> {
  const fromMs = now - ARRIVAL_DAYS * DAY;
  const found = await detect(db, { ...context, of: 'arrival', fromMs, toMs: now });
  const places = await readPlaces(db, null);
  return applyFindings(
    db,
    found.filter(isOver),
    { nowMs: now, fromMs, kinds: ARRIVAL, absent: 'unfounded' },
    null,
    places,
  );
}

async function lookAtGroup(
  db: Db,
  detect: Detect,
  institutionIds: readonly number[],
  now: number,
  context: Context,
): Promise<Applied> {
  const startedAt = performance.now();
  const toMs = hourStart(now);
  const places = await readPlaces(db, institutionIds);
  let findings = 0;
  const lookFor = async (of: 'registers' | 'consumption', kinds: ReadonlySet<FindingKind>): Promise<Applied> => {
    const oldest = [...(await oldestLiving(db, institutionIds, kinds)).values()];
    const fromMs = windowStart(oldest.length > 0 ? Math.min(...oldest) : undefined, now, MOST_DAYS[of]);
    const found = await detect(db, { ...context, of, fromMs, toMs, institutionIds });
    const folded = foldSilence(found.filter(isOver), places);
    findings += folded.length;
    const look = { nowMs: now, fromMs, kinds, absent: 'unfounded' } as const;
    return applyFindings(db, folded, look, institutionIds, places);
  };
  const applied = sumOf([await lookFor('registers', REGISTERS), await lookFor('consumption', CONSUMPTION)]);
  const tookMs = performance.now() - startedAt;
  await markLooked(db, institutionIds, { at: now, toMs, tookMs, meters: places.length, findings });
  return applied;
}

const sumOf = (list: readonly Applied[]): Applied => ({
  opened: list.reduce((sum, { opened }) => sum + opened, 0),
  reopened: list.reduce((sum, { reopened }) => sum + reopened, 0),
  confirmed: list.reduce((sum, { confirmed }) => sum + confirmed, 0),
});

/** What is silent now is a matter of the live look; here only silence that is over is written down. */
const isOver = ({ kind, toMs }: Finding): boolean => !SILENCE.has(kind) || toMs !== undefined;

/** By type, since peers are of one type; those with old alarms apart, so that they do not cost the others. */
function groupsOf(due: readonly Due[], isOld: (institutionId: number) => boolean): number[][] {
  const groups = Map.groupBy(due, ({ typeCode, institutionId }) => `${typeCode}|${isOld(institutionId)}`);
  return [...groups].flatMap(([key, members]) => {
    const size = key.endsWith('|true') ? OLD_AT_A_TIME : AT_A_TIME;
    return Array.from({ length: Math.ceil(members.length / size) }, (_, i) =>
      members.slice(i * size, (i + 1) * size).map(({ institutionId }) => institutionId),
    );
  });
}
