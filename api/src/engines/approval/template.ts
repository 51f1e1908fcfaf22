import { z } from 'zod';
import { Refusal } from '../../errors/refuse.ts';

/** Levels of administration, lowest first (三级审批: 镇/街道, 辖市区, 市; before them the unit itself). */
export const LEVELS = ['unit', 'town', 'district', 'city'] as const;
export type Level = (typeof LEVELS)[number];

const Code = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/);
const Name = z.string().min(1).max(60);

/**
 * The course of one matter as data (levels × matters × amounts): which steps, who, for which amounts, within how many days,
 * and what has to be handed in.
 */
export const ApprovalTemplate = z.strictObject({
  matter: Code,
  zh: Name,
  en: Name,
  materials: z.array(z.strictObject({ code: Code, zh: Name, en: Name, required: z.boolean() })).max(40),
  steps: z
    .array(
      z.strictObject({
        code: Code,
        zh: Name,
        en: Name,
        /** Role whose holders may decide. */
        role: Code,
        /** The step is part of the course for applicants at these levels. */
        levels: z.array(z.enum(LEVELS)).min(1),
        /** The step is part of the course from this amount on, in fen. */
        fromAmountFen: z.int().min(0).default(0),
        /** one: whoever decides first. all: everybody signs (会签). */
        sign: z.enum(['one', 'all']),
        deadlineDays: z.int().min(1).max(365),
        /** Role whose holders may decide too when the deadline has passed; unset: they are only reminded. */
        escalateTo: Code.optional(),
      }),
    )
    .min(1)
    .max(20),
});
export type ApprovalTemplate = z.infer<typeof ApprovalTemplate>;
export type Step = ApprovalTemplate['steps'][number];

/** The steps that an application goes through, in order. */
export function courseOf(template: ApprovalTemplate, applicant: { level: Level; amountFen: number }): Step[] {
  const course = template.steps.filter(
    ({ levels, fromAmountFen }) => levels.includes(applicant.level) && applicant.amountFen >= fromAmountFen,
  );
  if (course.length > 0) return course;
  throw new Refusal('conflict', {
    zh: `事项“${template.zh}”没有适用于该层级和金额的审批步骤，请由管理员补充流程。`,
    en: `The matter "${template.en}" has no step for this level and amount. Have an administrator complete its course.`,
  });
}

/** Codes of required materials that were not handed in. */
export const missingMaterials = (template: ApprovalTemplate, given: readonly string[]): string[] =>
  template.materials.filter(({ code, required }) => required && !given.includes(code)).map(({ code }) => code);
