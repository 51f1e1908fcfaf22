import { thresholdOn, VEE_RULES, type VeeRule, type VeeRuleCode, type VeeThreshold } from '@ganzhi/analytics/rules';
import { wrongField } from '../../errors/refuse.ts';

export const ruleOf = (code: VeeRuleCode): VeeRule => {
  const rule = VEE_RULES.find((one) => one.code === code);
  if (!rule) throw new RangeError(`no rule ${code}`);
  return rule;
};

/**
 * The parameter that a value stands for.
 *
 * @throws Refusal `invalid-request` for a name the rule does not have, or a value outside what is plausible
 */
export function checkedParameter(code: VeeRuleCode, name: string | undefined, value: number): string {
  const { parameters } = ruleOf(code);
  const names = parameters.map((one) => one.name).join(', ') || '-';
  const found =
    name === undefined && parameters.length === 1 ? parameters[0] : parameters.find((one) => one.name === name);
  if (!found) {
    throw wrongField('parameter', {
      zh: `${code} 的阈值参数为：${names}。`,
      en: `The thresholds of ${code} are: ${names}.`,
    });
  }
  if (value >= found.least && value <= found.most) return found.name;
  throw wrongField('value', {
    zh: `${code} 的 ${found.name} 应在 ${found.least} 与 ${found.most} 之间。`,
    en: `${found.name} of ${code} lies between ${found.least} and ${found.most}.`,
  });
}

/** A meter that a rule looks at. */
export interface JudgedMeter {
  readonly id: number;
  readonly code: string;
  readonly medium: string;
  readonly role: string;
}

/** A threshold tried instead of those in force. */
export interface Proposal {
  readonly parameter: string;
  readonly value: number;
}

/** Every kind of meter among these with the thresholds of a rule in force for it on a day. */
export function inForceFor(
  thresholds: readonly VeeThreshold[],
  meters: readonly JudgedMeter[],
  { code, parameters }: VeeRule,
  day: string,
): { id: number; parameter: string; medium: string; role: string; value: number }[] {
  const kinds = new Map(meters.map(({ medium, role }) => [`${medium}/${role}`, { medium, role }]));
  return [...kinds.values()].flatMap((kind) =>
    parameters.flatMap(({ name }) => {
      const found = thresholdOn(thresholds, { rule: code, parameter: name, ...kind, day });
      return found ? [{ id: found.id, parameter: name, ...kind, value: found.value }] : [];
    }),
  );
}

/** The thresholds of each meter, in the order of the rule's parameters; the proposed one for all of them. */
export function valuesFor(
  inForce: ReturnType<typeof inForceFor>,
  meters: readonly JudgedMeter[],
  { parameters }: VeeRule,
  proposal: Proposal | undefined,
): number[][] {
  return parameters.map(({ name }) =>
    meters.map(({ medium, role }) => {
      if (proposal?.parameter === name) return proposal.value;
      return inForce.find((one) => one.parameter === name && one.medium === medium && one.role === role)?.value ?? 0;
    }),
  );
}
