import { HOUR } from '@ganzhi/schemas';
import type { Reason } from './visible.ts';

/** A finding of the detectors by codes of meters. */
export interface FoundFault {
  readonly kind: string;
  readonly meters: readonly string[];
  readonly fromMs: number;
  readonly toMs: number | undefined;
}

export interface JudgedEvent {
  readonly kind: string;
  readonly meters: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
  /** Why it is neither asked for nor held against a finding; undefined when it counts. */
  readonly leftOut: Reason | undefined;
}

/** One row of the table. */
export interface KindScore {
  /** Faults of the truth that can be told from the data, and how many of them were found. */
  readonly events: number;
  readonly found: number;
  /** found / events; null without events. */
  readonly recall: number | null;
  /** Findings: right ones match a fault that counts, neutral ones a fault that is left out, the rest are false. */
  readonly findings: number;
  readonly right: number;
  readonly neutral: number;
  readonly wrong: number;
  /** right / (right + wrong); null without any. */
  readonly precision: number | null;
  /** Faults of the truth that are left out, by reason. */
  readonly leftOut: Readonly<Partial<Record<Reason, number>>>;
}

/** A fault of a moment is known by the readings around it, and a register that stands still shows it later. */
const MOMENT_MS = HOUR;

/** The rule of matching: same kind, a meter in common, overlapping time (faults up to an hour long: an hour either way). */
export function matches(event: JudgedEvent, found: FoundFault): boolean {
  const slackMs = event.endMs - event.startMs <= HOUR ? MOMENT_MS : 0;
  return (
    event.kind === found.kind &&
    (found.toMs ?? Number.POSITIVE_INFINITY) > event.startMs - slackMs &&
    found.fromMs < event.endMs + slackMs &&
    found.meters.some((meter) => event.meters.includes(meter))
  );
}

/** The table by kind, of every kind that was put in or found. */
export function scoreKinds(
  events: readonly JudgedEvent[],
  findings: readonly FoundFault[],
): Readonly<Record<string, KindScore>> {
  const kinds = [...new Set([...events, ...findings].map(({ kind }) => kind))].sort();
  return Object.fromEntries(
    kinds.map((kind) => [
      kind,
      scoreKind(
        events.filter((event) => event.kind === kind),
        findings.filter((finding) => finding.kind === kind),
      ),
    ]),
  );
}

function scoreKind(events: readonly JudgedEvent[], findings: readonly FoundFault[]): KindScore {
  const asked = events.filter(({ leftOut }) => leftOut === undefined);
  const found = asked.filter((event) => findings.some((finding) => matches(event, finding))).length;
  const right = findings.filter((finding) => asked.some((event) => matches(event, finding))).length;
  const neutral = findings.filter((finding) => events.some((event) => matches(event, finding))).length - right;
  const wrong = findings.length - right - neutral;
  const leftOut: Partial<Record<Reason, number>> = {};
  for (const { leftOut: reason } of events) if (reason) leftOut[reason] = (leftOut[reason] ?? 0) + 1;
  return {
    events: asked.length,
    found,
    recall: asked.length === 0 ? null : found / asked.length,
    findings: findings.length,
    right,
    neutral,
    wrong,
    precision: right + wrong === 0 ? null : right / (right + wrong),
    leftOut,
  };
}
