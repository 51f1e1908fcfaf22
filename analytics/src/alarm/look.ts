import { DAY, hourStart } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { foldSilence } from '../rules/alarm/fold.ts';
import { SILENCE } from '../rules/alarm/policy.ts';
import { FINDING_KINDS, type Finding, type FindingKind } from '../rules/detect/finding.ts';
import type { ThresholdRow } from '../rules/detect/thresholds.ts';
import type { CalendarOverrides } from '../rules/energy/calendar.ts';
import { type Applied, applyFindings } from './apply.ts';
import { type Due, dueInstitutions, isFirstOfNight, markLooked, windowStart } from './due.ts';
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
  /** What is in the ledger, institution by institution; how readings came, gateway by gateway. */
  readonly of: 'ledger' | 'arrival';
}
export type Detect = (db: Db, wanted: Wanted) => Promise<Finding[]>;

/** How readings came: seen by comparing the gateways of a division, so for the whole city at once, and not far back. */
const ARRIVAL: ReadonlySet<FindingKind> = new Set(['clock-drift', 'duplicate', 'reordering', 'late-backfill']);
const ARRIVAL_DAYS = 8;
const LEDGER: ReadonlySet<FindingKind> = new Set(
  FINDING_KINDS.filter((kind) => !SILENCE.has(kind) && !ARRIVAL.has(kind)),
);
/** Institutions of one type at a time: what they hold in memory, and what a restart repeats. */
const AT_A_TIME = 150;

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

/**
 * Looks at every institution that is due; each group by itself, so that a stop loses one group.
 *
 * @param isStopping asked between two groups
 */
export async function lookAtDue(
  db: Db,
  detect: Detect,
  now: number,
  isStopping: () => boolean = () => false,
): Promise<Looked> {
  const due = await dueInstitutions(db, now);
  const total = { institutions: 0, opened: 0, reopened: 0, confirmed: 0 };
  if (due.length === 0) return total;
  const context = { calendar: await readOverrides(db), thresholds: await readThresholds(db) };
  const add = ({ opened, reopened, confirmed }: Applied) => {
    total.opened += opened;
    total.reopened += reopened;
    total.confirmed += confirmed;
  };
  if (await isFirstOfNight(db, now)) add(await lookAtArrivals(db, detect, now, context));
  for (const group of groupsOf(due)) {
    if (isStopping()) break;
    add(await lookAtGroup(db, detect, group, now, context));
    total.institutions += group.length;
  }
  return total;
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
  const fromMs = await windowStart(db, institutionIds, now);
  const found = await detect(db, { ...context, of: 'ledger', fromMs, toMs, institutionIds });
  const places = await readPlaces(db, institutionIds);
  const folded = foldSilence(found.filter(isOver), places);
  const look = { nowMs: now, fromMs, kinds: LEDGER, absent: 'unfounded' } as const;
  const applied = await applyFindings(db, folded, look, institutionIds, places);
  const tookMs = performance.now() - startedAt;
  await markLooked(db, institutionIds, { at: now, toMs, tookMs, meters: places.length, findings: folded.length });
  return applied;
}

/** What is silent now is a matter of the live look; here only silence that is over is written down. */
const isOver = ({ kind, toMs }: Finding): boolean => !SILENCE.has(kind) || toMs !== undefined;

/** By type, since peers are of one type. */
const groupsOf = (due: readonly Due[]): number[][] =>
  [...Map.groupBy(due, ({ typeCode }) => typeCode).values()].flatMap((ofType) =>
    Array.from({ length: Math.ceil(ofType.length / AT_A_TIME) }, (_, i) =>
      ofType.slice(i * AT_A_TIME, (i + 1) * AT_A_TIME).map(({ institutionId }) => institutionId),
    ),
  );
