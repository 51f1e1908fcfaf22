import { detectFindings } from '@ganzhi/analytics';
import { DAY } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { type FoundFault, type KindScore, scoreKinds } from './match.ts';
import { readTruthEvents } from './truth-events.ts';
import type { TruthFiles } from './truth-files.ts';
import { flowsOf, visibility } from './visible.ts';

/** The detectors against the truth: what was put in, what was found, what is false. */
export interface DetectorScore {
  readonly kinds: Readonly<Record<string, KindScore>>;
  readonly falseAlarms: {
    /** Findings of any kind that match no fault. */
    readonly findings: number;
    readonly meterYears: number;
    /** In a run without faults: how often a healthy meter calls somebody for nothing. */
    readonly perMeterYear: number;
  };
}

const YEAR_DAYS = 365;

/**
 * Looks over the whole run with every detector and compares with the faults that were put in.
 *
 * @throws GanzhiError `not-found`, `invalid-request` about the truth
 */
export async function scoreDetectors(db: Db, truth: TruthFiles, folder: string): Promise<DetectorScore> {
  const { events, meters } = readTruthEvents(folder);
  const codes = await codesOf(db);
  const findings = (await detectFindings(db, { fromMs: truth.fromMs, toMs: truth.toMs })).map(
    ({ kind, meterIds, fromMs, toMs }): FoundFault => ({
      ...{ kind, fromMs, toMs },
      meters: meterIds.flatMap((id) => codes.get(id) ?? []),
    }),
  );
  const flows = await flowsOf(truth, events, meters);
  const leftOutOf = visibility(truth, meters, ({ id }) => flows.get(id));
  const kinds = scoreKinds(
    events.map((event) => ({ ...event, leftOut: leftOutOf(event) })),
    findings,
  );
  const wrong = Object.values(kinds).reduce((sum, kind) => sum + kind.wrong, 0);
  const meterYears = (meters.length * (truth.toMs - truth.fromMs)) / DAY / YEAR_DAYS;
  return { kinds, falseAlarms: { findings: wrong, meterYears, perMeterYear: wrong / meterYears } };
}

async function codesOf(db: Db): Promise<ReadonlyMap<number, string>> {
  const { rows } = await db.query<{ id: number; code: string }>('select id, code from registry.meter');
  return new Map(rows.map(({ id, code }) => [id, code]));
}
