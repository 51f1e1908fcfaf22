import {
  bookLedger,
  type Decision,
  type Edit,
  largestRegister,
  type RegisterFacts,
  type Replacement,
  ratioTimeline,
  USUAL_LIMITS,
  type VeeRuleCode,
} from '@ganzhi/analytics/rules';
import { DAY, HOUR, hourStart } from '@ganzhi/schemas';
import type { Db, Tx } from '@ganzhi/schemas/db';
import type { Flag } from './flags.ts';
import { effectiveReadings, type RegisterRow, registersOf, storedTotals } from './registers.ts';

/** Rules that the classifier judges: what it would decide with other thresholds is asked of the classifier itself. */
export const JUDGED: Readonly<Partial<Record<VeeRuleCode, (decision: Decision) => boolean>>> = {
  V2: ({ kind }) => kind === 'implausible',
  V3: ({ kind }) => ['reset', 'replacement', 'backward', 'word-order', 'transient-zero'].includes(kind),
  V4: ({ kind }) => kind === 'frozen',
};

interface Interval {
  readonly from: number;
  readonly to: number;
}

/** A month of so many at a quarter of an hour is read and judged in a tenth of a second. */
const METERS_AT_ONCE = 10;

/** Readings around the span, so that its edges are judged like its middle: a frozen display and the pace around it. */
const AROUND_MS = 4 * DAY;

/**
 * Flags of a rule that needs the registers: V2, V3 and V4 by the classifier, V8 by comparing what the registers moved with what
 * the ledger holds.
 *
 * @param values thresholds of each meter, in the order of the rule's parameters
 */
export async function judgedFlags(
  db: Db | Tx,
  rule: VeeRuleCode,
  meterIds: readonly number[],
  span: Interval,
  values: readonly (readonly number[])[],
): Promise<Flag[]> {
  const flags: Flag[] = [];
  // a few at a time: other requests are answered in between
  for (let i = 0; i < meterIds.length; i += METERS_AT_ONCE) {
    const some = (list: readonly number[]) => list.slice(i, i + METERS_AT_ONCE);
    flags.push(...(await judgeSome(db, rule, some(meterIds), span, values.map(some))));
  }
  return flags;
}

async function judgeSome(
  db: Db | Tx,
  rule: VeeRuleCode,
  meterIds: readonly number[],
  span: Interval,
  values: readonly (readonly number[])[],
): Promise<Flag[]> {
  const registers = await registersOf(db, meterIds);
  const readings = await effectiveReadings(db, registers, span.from - AROUND_MS, span.to + AROUND_MS);
  const stored = rule === 'V8' ? await storedTotals(db, meterIds, wholeHours(span)) : new Map<number, bigint>();
  return registers.flatMap((register) => {
    const value = values[0]?.[meterIds.indexOf(register.meterId)];
    const list = readings.get(register.meterId) ?? [];
    const facts = factsOf(register, rule, value);
    const usable = largestRegister(facts);
    const ledger = bookLedger(
      list.filter(({ counts }) => counts >= -usable && counts <= usable),
      facts,
    );
    if (rule === 'V8')
      return sumFlag(register, ledger, wholeHours(span), stored.get(register.meterId) ?? 0n, value ?? 0);
    const isMeant = JUDGED[rule];
    return ledger.decisions
      .filter((decision) => isMeant?.(decision) && decision.fromTs >= span.from && decision.fromTs < span.to)
      .map(({ fromTs, toTs, kind, evidence }) => ({
        ...{ meterId: register.meterId, fromTs, toTs },
        detail: [kind, evidence.r0, evidence.first, evidence.r1].filter((part) => part !== undefined).join(' '),
      }));
  });
}

function factsOf(register: RegisterRow, rule: VeeRuleCode, value: number | undefined): RegisterFacts {
  const tried = {
    ...(rule === 'V2' && value !== undefined ? { timesMaximum: value } : {}),
    ...(rule === 'V4' && value !== undefined ? { frozenIntervals: value } : {}),
  };
  return {
    intervalS: register.intervalS,
    modulus: register.modulus,
    maxPerHour: register.maxPerHour,
    ratios: ratioTimeline(register.ratios),
    replacements: register.replacements satisfies readonly Replacement[],
    edits: register.edits satisfies readonly Edit[],
    limits: [{ ...USUAL_LIMITS, ...tried }],
  };
}

interface Sums {
  readonly hours: readonly { readonly hour: number; readonly counts: bigint }[];
  readonly spans: readonly { readonly fromTs: number; readonly counts: bigint }[];
}

const wholeHours = ({ from, to }: Interval): Interval => ({
  from: hourStart(from + HOUR - 1),
  to: hourStart(to),
});

/** V8: hours and spans inside whole hours against the same from the registers. */
function sumFlag(
  { meterId }: RegisterRow,
  { hours, spans }: Sums,
  { from, to }: Interval,
  stored: bigint,
  steps: number,
): Flag[] {
  const total = (list: readonly { counts: bigint }[]): bigint => list.reduce((sum, { counts }) => sum + counts, 0n);
  const moved =
    total(hours.filter(({ hour }) => hour >= from && hour < to)) +
    total(spans.filter(({ fromTs }) => fromTs >= from && fromTs < to));
  const difference = moved > stored ? moved - stored : stored - moved;
  if (difference <= BigInt(Math.floor(steps))) return [];
  return [{ meterId, fromTs: from, toTs: to, detail: `registers ${moved}, ledger ${stored}` }];
}
