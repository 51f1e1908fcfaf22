import { DAY, HOUR, hourStart, shanghaiText } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { wrongField } from '../../errors/refuse.ts';
import { energyNumber, energyOf } from '../../lib/energy.ts';
import { instantOrNull } from '../../lib/time.ts';
import type { MeterExplanation, RestatementPage } from './schema.ts';
import * as sql from './sql.ts';

/** Readings of one explanation: a day, and the steps over its ends. */
const LONGEST_MS = DAY;

/**
 * The span of a question: the last full hour unless said.
 *
 * @throws Refusal `invalid-request` when it is empty or too long
 */
export function explainedSpan(
  query: { from?: number | undefined; to?: number | undefined },
  now: number,
  longestMs = LONGEST_MS,
): { from: number; to: number } {
  const from = query.from ?? hourStart(now) - HOUR;
  const to = query.to ?? from + HOUR;
  if (to <= from || to - from > longestMs) {
    throw wrongField('to', {
      zh: `时段须大于零且不超过 ${longestMs / DAY} 天，请分段查询。`,
      en: `The span must be above zero and at most ${longestMs / DAY} days; ask for parts.`,
    });
  }
  return { from, to };
}

const energiesOf = (row: { booked: string; undistributed: string; disputed: string }) => ({
  booked: energyNumber(energyOf(row.booked)),
  undistributed: energyNumber(energyOf(row.undistributed)),
  disputed: energyNumber(energyOf(row.disputed)),
});

export const decisionOf = (row: sql.ChainRows['decisions'][number]) => ({
  kind: row.kind,
  effect: row.effect,
  from: shanghaiText(row.from_ts),
  to: shanghaiText(row.to_ts),
  evidence: row.evidence,
  rule: row.rule,
  knownSince: shanghaiText(row.known_since),
});

/** The chain of a meter's figure, down to the batches that brought its registers. */
export async function explainMeter(
  db: Db,
  meter: sql.ExplainedMeter,
  { from, to, knownOn }: { from: number; to: number; knownOn?: number | undefined },
): Promise<z.infer<typeof MeterExplanation>> {
  const chain = <K extends keyof sql.ChainRows>(what: K, before = 0) =>
    sql.chainOf(db, what, meter, { from: from - before, to: to + before, knownOn });
  const [hours, spans, estimates, decisions, ratios, replacements, readings, failures, failure] = await Promise.all([
    chain('hours'),
    chain('spans'),
    chain('estimates'),
    chain('decisions'),
    chain('ratios'),
    chain('replacements'),
    // the registers on either side of the span are part of its steps
    chain('readings', HOUR / 2),
    sql.failureHours(db, meter.id, from, to),
    sql.failureOf(db, meter.id),
  ]);
  return {
    meterId: meter.id,
    meterCode: meter.code,
    unit: meter.unit,
    formula: `sum(hours.counts * ratio) * 10^-${meter.decimals} + sum(undistributed spans)`,
    from: shanghaiText(from),
    to: shanghaiText(to),
    figure: energiesOf(meter),
    hours: hours.map(({ hour, covered_s: coveredS, known_since: knownSince, ...row }) => ({
      hour: shanghaiText(hour),
      ...row,
      coveredS,
      knownSince: shanghaiText(knownSince),
    })),
    spans: spans.map(({ from_ts: start, to_ts: end, ...row }) => ({
      from: shanghaiText(start),
      to: shanghaiText(end),
      ...row,
    })),
    estimates: estimates.map(({ hour, ...row }) => ({ hour: shanghaiText(hour), ...row })),
    decisions: decisions.map(decisionOf),
    ratios: ratios.map(({ valid_from: start, ct, pt }) => ({
      from: Number.isFinite(start) ? shanghaiText(start) : null,
      ct,
      pt,
    })),
    replacements: replacements.map(({ at, closing, opening, approved_by: approvedBy }) => ({
      at: shanghaiText(at),
      closing,
      opening,
      approvedBy,
    })),
    readings: readings.map(({ ts, revision, received_at: receivedAt, replay, ...row }) => ({
      at: shanghaiText(ts),
      ...row,
      isRevision: revision,
      receivedAt: instantOrNull(receivedAt),
      isReplay: replay,
    })),
    failures: failures.map(({ first_ts: first, last_ts: last, code, failures: count }) => ({
      from: shanghaiText(first),
      to: shanghaiText(last),
      code,
      count: Number(count),
    })),
    failure: failure
      ? { code: failure.code, since: shanghaiText(failure.since), lastAt: shanghaiText(failure.last_at) }
      : null,
  };
}

/** The sum of an institution's main meters, term by term. */
export function explainInstitution(meters: readonly sql.ExplainedMeter[]) {
  const sum = (pick: 'booked' | 'undistributed' | 'disputed') =>
    energyNumber(meters.reduce((total, meter) => total + energyOf(meter[pick]), 0n));
  return {
    formula: meters.map(({ code }) => code).join(' + '),
    figure: { booked: sum('booked'), undistributed: sum('undistributed'), disputed: sum('disputed') },
    meters: meters.map((meter) => ({
      meterId: meter.id,
      meterCode: meter.code,
      from: shanghaiText(meter.from),
      to: shanghaiText(meter.to),
      ...energiesOf(meter),
    })),
  };
}

export function restatementOf(row: sql.RestatementRow): z.infer<typeof RestatementPage>['items'][number] {
  const before = energiesOf({
    booked: row.before_booked,
    undistributed: row.before_undistributed,
    disputed: row.before_disputed,
  });
  const { booked, undistributed, disputed } = row;
  const isKnown = booked !== null && undistributed !== null && disputed !== null;
  const certain = isKnown ? energyOf(booked) + energyOf(undistributed) : 0n;
  return {
    meterId: row.meter_id,
    meterCode: row.meter_code,
    day: row.day,
    unit: row.unit,
    before,
    after: isKnown ? energiesOf({ booked, undistributed, disputed }) : null,
    change: energyNumber(certain - energyOf(row.before_booked) - energyOf(row.before_undistributed)),
    causes: row.causes,
    changedAt: shanghaiText(row.changed_at),
  };
}
