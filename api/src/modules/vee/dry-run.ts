import { LONGEST_DRY_RUN_MS, rational, type VeeRuleCode, type VeeThreshold } from '@ganzhi/analytics/rules';
import { dateText, shanghaiText } from '@ganzhi/schemas';
import type { Db, Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { wrongField } from '../../errors/refuse.ts';
import { calendarOverrides } from '../energy-reference/sql.ts';
import { type Flag, flagsOf } from './flags.ts';
import { judgedFlags } from './judged.ts';
import { checkedParameter, inForceFor, type JudgedMeter, type Proposal, ruleOf, valuesFor } from './rules.ts';
import type { DryRun } from './schema.ts';
import { heldIn, metersToJudge, readThresholds } from './sql.ts';

export interface DryRunRequest {
  readonly rule: VeeRuleCode;
  readonly from: number;
  readonly to: number;
  readonly institutionId?: number | undefined;
  readonly meterId?: number | undefined;
  readonly medium?: string | undefined;
  readonly parameter?: string | undefined;
  readonly value?: number | undefined;
}

type Answer = z.infer<typeof DryRun>;
type Summary = Answer['inForce'];

/** Meters of one request; the command goes through a city in portions of it. */
export const MOST_METERS = 200;
const EXAMPLES = 50;

/**
 * What a validation rule flags in a span of the past, with the thresholds in force and, if asked, with another one. Writes
 * nothing.
 *
 * @throws Refusal `invalid-request` naming the field: span, parameter, value, too many meters
 */
export async function dryRun(db: Db | Tx, request: DryRunRequest): Promise<Answer> {
  const meters = await metersToJudge(db, request, MOST_METERS + 1);
  if (meters.length > MOST_METERS) {
    throw wrongField('institutionId', {
      zh: `范围内的表计超过 ${MOST_METERS} 块，请按机构或表计缩小范围；全市可用命令 ganzhi vee。`,
      en: `More than ${MOST_METERS} meters lie in this scope: narrow it by institution or meter; "ganzhi vee" goes through a city.`,
    });
  }
  return runOver(db, request, meters);
}

/** The same over some meters. */
export async function runOver(db: Db | Tx, request: DryRunRequest, meters: readonly JudgedMeter[]): Promise<Answer> {
  const { rule: code, from, to, value } = request;
  if (to <= from || to - from > LONGEST_DRY_RUN_MS) {
    throw wrongField('to', {
      zh: 'to 必须晚于 from，且最长 31 天。',
      en: '"to" must be later than "from", by at most 31 days.',
    });
  }
  const rule = ruleOf(code);
  const proposal: Proposal | undefined =
    value === undefined ? undefined : { parameter: checkedParameter(code, request.parameter, value), value };
  const thresholds: readonly VeeThreshold[] = await readThresholds(db, code);
  const inForce = inForceFor(thresholds, meters, rule, dateText(to - 1));
  const calendar = await calendarOverrides(db);
  const ids = meters.map(({ id }) => id);
  const judge = async (tried: Proposal | undefined): Promise<Flag[]> => {
    const values = valuesFor(inForce, meters, rule, tried);
    return (
      (await flagsOf(db, code, ids, { from, to }, { values, calendar })) ??
      (await judgedFlags(db, code, ids, { from, to }, values))
    );
  };
  const now = await judge(undefined);
  const then = proposal && (await judge(proposal));
  const codes = new Map(meters.map((meter) => [meter.id, meter.code]));
  return {
    rule: code,
    from: shanghaiText(from),
    to: shanghaiText(to),
    meters: meters.length,
    thresholds: inForce,
    inForce: await summaryOf(db, now),
    proposed: then ? await summaryOf(db, then) : null,
    examples: (then ?? now).slice(0, EXAMPLES).map(({ meterId, fromTs, toTs, detail }) => ({
      meterCode: codes.get(meterId) ?? '',
      from: shanghaiText(fromTs),
      to: shanghaiText(toTs),
      detail,
    })),
  };
}

async function summaryOf(db: Db | Tx, flags: readonly Flag[]): Promise<Summary> {
  const held = await heldIn(db, flags);
  return {
    flags: flags.length,
    meters: new Set(flags.map(({ meterId }) => meterId)).size,
    hours: held.reduce((sum, { hours }) => sum + hours, 0),
    energy: held.map(({ unit, quantity }) => ({ unit, quantity: rational.toNumber(rational.decimal(quantity)) })),
  };
}

/** Portions of one run, as one. */
export function addRuns(a: Answer, b: Answer): Answer {
  const add = (one: Summary, other: Summary): Summary => {
    const energy = new Map(one.energy.map(({ unit, quantity }) => [unit, quantity]));
    for (const { unit, quantity } of other.energy) energy.set(unit, (energy.get(unit) ?? 0) + quantity);
    return {
      flags: one.flags + other.flags,
      meters: one.meters + other.meters,
      hours: one.hours + other.hours,
      energy: Array.from(energy, ([unit, quantity]) => ({ unit, quantity })),
    };
  };
  const kinds = new Map([...a.thresholds, ...b.thresholds].map((one) => [`${one.id}/${one.medium}/${one.role}`, one]));
  return {
    ...a,
    meters: a.meters + b.meters,
    thresholds: [...kinds.values()],
    inForce: add(a.inForce, b.inForce),
    proposed: a.proposed && b.proposed && add(a.proposed, b.proposed),
    examples: [...a.examples, ...b.examples].slice(0, EXAMPLES),
  };
}
