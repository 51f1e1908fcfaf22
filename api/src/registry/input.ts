import { z } from 'zod';
import { Day } from '../lib/day.ts';
import { Id, text } from '../lib/shapes.ts';
import { usccFault } from './identifiers.ts';

/** Shapes of what people enter into the registry; routes and imports check with the same ones. */

export const Uscc = text(18).superRefine((code, context) => {
  const fault = usccFault(code);
  if (fault) context.addIssue({ code: 'custom', message: `${fault.zh} · ${fault.en}` });
});

/** Square metres, above 0, at most two decimals. */
export const Area = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,2})?$/, '面积请写至多两位小数，如 "3000.00" · write m² with at most two decimals')
  .refine((area) => Number(area) > 0, '面积须大于 0 · must be above 0');

const Count = z.int().min(0).max(10_000_000);
const Name = text(200).refine((name) => name.trim() !== '', '不能为空 · must not be blank');
export const InstitutionCode = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9-]{1,39}$/,
    '机构编码为 2 至 40 位字母、数字或连字符 · 2 to 40 letters, digits or hyphens',
  );
/** Initials of the name in pinyin, for search: "czsjgswglj". */
const Initials = z.string().regex(/^[a-z0-9]{0,40}$/, '拼音首字母为小写字母或数字 · lower-case letters and digits');

export const InstitutionInput = z
  .strictObject({
    code: InstitutionCode,
    uscc: Uscc.nullable().default(null),
    nameZh: Name,
    nameEn: Name,
    initials: Initials.default(''),
    typeCode: text(40).min(1),
    divisionCode: text(12).min(1),
    lineCode: text(40).min(1).nullable().default(null),
    parentId: Id.nullable().default(null),
    areaM2: Area,
    /** Energy users (用能人数). */
    headcount: Count,
    staff: Count.nullable().default(null),
    students: Count.nullable().default(null),
    beds: Count.nullable().default(null),
    /** The first day on which it belongs to the registry. */
    memberFrom: Day,
    sourceDocument: text(300).min(1),
  })
  .meta({ id: 'NewInstitution' });
export type InstitutionInput = z.infer<typeof InstitutionInput>;

/** Attributes that hold from a day on; what is absent stays. */
export const Attributes = z
  .strictObject({
    uscc: Uscc.nullable(),
    nameZh: Name,
    nameEn: Name,
    initials: Initials,
    typeCode: text(40).min(1),
    divisionCode: text(12).min(1),
    lineCode: text(40).min(1).nullable(),
    parentId: Id.nullable(),
    areaM2: Area,
    headcount: Count,
    staff: Count,
    students: Count,
    beds: Count,
  })
  .partial()
  .refine((attributes) => Object.keys(attributes).length > 0, '请至少填写一项变更 · name at least one attribute');
export type Attributes = z.infer<typeof Attributes>;
