/**
 * What was found against the alarms that are known. Pure: says what to change, changes nothing.
 *
 * Found by the data, ended by the data: a person may say "done", and only a look that finds the end closes it.
 */
import { type Extra, type Finding, type FindingKind, overlapMs } from '../detect/finding.ts';
import { type AlarmState, familyOf, graceMs, isCorrected, type Outcome, SAME_WITHIN_MS, SILENCE } from './policy.ts';
import type { Reason } from './reasons.ts';

export interface KnownAlarm {
  readonly id: bigint;
  readonly kind: FindingKind;
  readonly unit: string;
  readonly fromMs: number;
  readonly toMs: number | undefined;
  readonly state: AlarmState;
  readonly outcome: Outcome | undefined;
  /** When a person last said that it is done. */
  readonly resolvedMs: number | undefined;
  readonly meterIds: readonly number[];
}

/** What was looked at; alarms given to `reconcile` lie inside it. */
export interface Look {
  readonly nowMs: number;
  /** Begin of the readings that were looked at: what began before cannot be missed. */
  readonly fromMs: number;
  readonly kinds: ReadonlySet<FindingKind>;
  /** What it means that an alarm was not found: detectors that see its time would have found it; a look at this moment only sees the end. */
  readonly absent: 'unfounded' | 'over';
}

export type Change =
  | { readonly does: 'open'; readonly finding: Finding; readonly state: 'open' | 'confirmed' }
  | { readonly does: 'update'; readonly alarm: KnownAlarm; readonly finding: Finding }
  | { readonly does: 'reopen'; readonly alarm: KnownAlarm; readonly finding: Finding; readonly reason: Reason }
  | {
      readonly does: 'confirm';
      readonly alarm: KnownAlarm;
      readonly finding: Finding | undefined;
      readonly outcome: Outcome;
      readonly reason: Reason;
      readonly endMs: number;
      /** Folded: the finding of the larger cause. */
      readonly cause?: Finding;
    };

/**
 * @param known living alarms inside the look, and closed ones that ended within SAME_WITHIN_MS before anything found
 * @param findings folded, in any order
 */
export function reconcile(known: readonly KnownAlarm[], findings: readonly Finding[], look: Look): Change[] {
  const taken = new Set<KnownAlarm>();
  const changes: Change[] = [];
  const merged = mergeNear(findings);
  for (const finding of merged) {
    const alarm = matchOf(finding, known, taken);
    if (!alarm) {
      changes.push({ does: 'open', finding, state: lasts(finding) ? 'open' : 'confirmed' });
      continue;
    }
    taken.add(alarm);
    // what began before the readings that were looked at did not begin with them
    const whole = alarm.fromMs < look.fromMs ? { ...finding, fromMs: alarm.fromMs } : finding;
    const change = judge(alarm, whole, merged, look);
    if (change) changes.push(change);
  }
  for (const alarm of known) {
    if (taken.has(alarm) || alarm.state === 'confirmed' || !look.kinds.has(alarm.kind)) continue;
    const change = missing(alarm, merged, look);
    if (change) changes.push(change);
  }
  return changes;
}

const lasts = ({ kind, toMs }: Finding): boolean => toMs === undefined || isCorrected(kind);

/** One matter at one unit, with pauses no longer than SAME_WITHIN_MS, is one finding. */
export function mergeNear(findings: readonly Finding[]): Finding[] {
  const groups = Map.groupBy(findings, ({ unit, kind }) => `${unit}|${familyOf(kind)}`);
  return [...groups.values()].flatMap((group) => {
    const merged: Finding[] = [];
    for (const finding of group.toSorted((a, b) => a.fromMs - b.fromMs)) {
      const before = merged.at(-1);
      if (before && overlapMs(before, finding) >= -SAME_WITHIN_MS) merged[merged.length - 1] = joined(before, finding);
      else merged.push(finding);
    }
    return merged;
  });
}

/** The later one tells how it stands; the extra use of both counts. */
function joined(a: Finding, b: Finding): Finding {
  const toMs = a.toMs === undefined || b.toMs === undefined ? undefined : Math.max(a.toMs, b.toMs);
  const extra: Extra | undefined =
    a.extra && b.extra ? { amount: a.extra.amount + b.extra.amount, perMonth: b.extra.perMonth } : (b.extra ?? a.extra);
  return {
    ...b,
    fromMs: a.fromMs,
    toMs,
    meterIds: [...new Set([...a.meterIds, ...b.meterIds])],
    ...(extra ? { extra } : {}),
  };
}

/** The living alarm of the same matter, else the closed one that lies nearest. */
function matchOf(
  finding: Finding,
  known: readonly KnownAlarm[],
  taken: ReadonlySet<KnownAlarm>,
): KnownAlarm | undefined {
  const [best] = known
    .filter(
      (alarm) =>
        !taken.has(alarm) &&
        alarm.unit === finding.unit &&
        familyOf(alarm.kind) === familyOf(finding.kind) &&
        overlapMs(alarm, finding) >= -SAME_WITHIN_MS,
    )
    .sort((a, b) => Number(a.state === 'confirmed') - Number(b.state === 'confirmed') || b.fromMs - a.fromMs);
  return best;
}

function judge(alarm: KnownAlarm, finding: Finding, findings: readonly Finding[], { nowMs }: Look): Change | undefined {
  if (!lasts(finding)) {
    if (alarm.state === 'confirmed' && alarm.outcome === 'over') {
      const isSame = alarm.fromMs === finding.fromMs && alarm.toMs === finding.toMs;
      return isSame ? undefined : { does: 'update', alarm, finding };
    }
    const endMs = finding.toMs ?? nowMs;
    const partly =
      remainsOf(
        alarm,
        findings.filter((one) => one.unit !== finding.unit),
      ) && (finding.toMs ?? 0) <= nowMs;
    return { does: 'confirm', alarm, finding, outcome: 'over', reason: partly ? 'part-returned' : 'ended', endMs };
  }
  if (alarm.state === 'confirmed') {
    const reason = alarm.outcome === 'folded' ? 'part-returned' : 'found-again';
    return { does: 'reopen', alarm, finding, reason };
  }
  const waited = alarm.resolvedMs !== undefined && nowMs > alarm.resolvedMs + graceMs(alarm.kind);
  if (alarm.state === 'resolved' && waited) return { does: 'reopen', alarm, finding, reason: 'still-found' };
  return { does: 'update', alarm, finding };
}

function missing(alarm: KnownAlarm, findings: readonly Finding[], look: Look): Change | undefined {
  const cause = causeOf(alarm, findings);
  const base = { does: 'confirm', alarm, finding: undefined } as const;
  if (cause) {
    return { ...base, outcome: 'folded', reason: 'same-cause', endMs: alarm.toMs ?? cause.toMs ?? look.nowMs, cause };
  }
  // its beginning is out of sight: nothing can be concluded
  if (look.absent === 'unfounded' && alarm.fromMs < look.fromMs) return undefined;
  const endMs = alarm.toMs ?? look.nowMs;
  if (isCorrected(alarm.kind)) return { ...base, outcome: 'over', reason: 'corrected', endMs };
  if (look.absent === 'unfounded') return { ...base, outcome: 'unfounded', reason: 'taken-back', endMs };
  return { ...base, outcome: 'over', reason: remainsOf(alarm, findings) ? 'part-returned' : 'ended', endMs };
}

/** The larger cause that holds all meters of a silent alarm. */
function causeOf(alarm: KnownAlarm, findings: readonly Finding[]): Finding | undefined {
  if (!SILENCE.has(alarm.kind)) return undefined;
  return findings.find(
    (finding) =>
      SILENCE.has(finding.kind) &&
      finding.unit !== alarm.unit &&
      finding.meterIds.length > alarm.meterIds.length &&
      overlapMs(finding, alarm) > 0 &&
      alarm.meterIds.every((id) => finding.meterIds.includes(id)),
  );
}

/** Some meters of a silent alarm are silent still, by themselves. */
const remainsOf = (alarm: KnownAlarm, findings: readonly Finding[]): boolean =>
  SILENCE.has(alarm.kind) &&
  findings.some(
    (finding) =>
      SILENCE.has(finding.kind) &&
      finding.toMs === undefined &&
      finding.meterIds.some((id) => alarm.meterIds.includes(id)),
  );
