import { z } from 'zod';
import { Day } from '../../lib/day.ts';
import { Flag, Id, IdQuery, paging, text } from '../../lib/shapes.ts';

const Name = text(200).refine((name) => name.trim() !== '', '不能为空 · must not be blank');
const Code = z
  .string()
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u,
    '1 至 64 位字母、数字、点或连字符 · 1 to 64 letters, digits, dots, hyphens',
  );
/** Square metres. */
const Area = z.string().regex(/^(?!0+(\.0+)?$)\d{1,10}(\.\d{1,2})?$/, '大于 0，至多两位小数 · above 0, two decimals');
const AreaOrNone = z.string().regex(/^\d{1,10}(\.\d{1,2})?$/, '至多两位小数 · two decimals at most');

/** Handbook M02; classes of the guideline for energy monitoring of state offices and large public buildings. */
export const BUILDING_CLASSES = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'] as const;

const building = {
  code: Code,
  nameZh: Name,
  nameEn: Name,
  areaM2: Area.nullable().default(null),
  /** A office, B shop, C hotel, D culture and education, E health, F sports, G mixed, H other */
  class: z.enum(BUILDING_CLASSES).nullable().default(null),
  builtYear: z.int().min(1800).max(2100).nullable().default(null),
  heatedM2: AreaOrNone.nullable().default(null),
  cooledM2: AreaOrNone.nullable().default(null),
};
export const NewBuilding = z.strictObject({ institutionId: Id, ...building }).meta({ id: 'NewBuilding' });
export const BuildingInput = z.strictObject(building).meta({ id: 'BuildingEntry' });
export const RetireBuilding = z.strictObject({ on: Day, reason: text(300).min(1) });

export const Building = z
  .object({
    id: Id,
    version: z.int(),
    institutionId: Id,
    institutionCode: z.string(),
    code: z.string(),
    nameZh: z.string(),
    nameEn: z.string(),
    areaM2: z.string().nullable(),
    class: z.enum(BUILDING_CLASSES).nullable(),
    builtYear: z.int().nullable(),
    heatedM2: z.string().nullable(),
    cooledM2: z.string().nullable(),
    /** Square metres of its zones together. */
    zonedM2: z.string(),
    /** Of these, special areas (data centre, kitchen …), which a quota leaves out. */
    specialM2: z.string(),
    retired: z.object({ on: Day, reason: z.string() }).nullable(),
  })
  .meta({ id: 'BuildingRecord' });
export const ListBuildings = z.strictObject({
  institution: IdQuery.optional(),
  /** Part of a code or name. */
  search: text(100).optional(),
  retired: Flag.optional(),
  ...paging,
});
export const BuildingPage = z.object({ items: z.array(Building), nextCursor: z.string().nullable() });

export const ZoneInput = z
  .strictObject({
    code: Code,
    floor: z.int().min(-9).max(150).nullable().default(null),
    nameZh: Name,
    nameEn: Name,
    areaM2: Area,
    special: z.boolean().default(false),
  })
  .meta({ id: 'ZoneEntry' });
export const Zone = z
  .object({
    id: Id,
    version: z.int(),
    buildingId: Id,
    code: z.string(),
    floor: z.int().nullable(),
    nameZh: z.string(),
    nameEn: z.string(),
    areaM2: z.string(),
    special: z.boolean(),
  })
  .meta({ id: 'Zone' });
export const Zones = z.object({ items: z.array(Zone) });
