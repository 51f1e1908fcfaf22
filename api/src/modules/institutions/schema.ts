import { z } from 'zod';
import { Coverage, Flag, Id, Instant, paging, text } from '../../lib/shapes.ts';
import { Energy } from '../consumption/schema.ts';

export const SORTS = ['code', '-code', 'name', '-name', 'area', '-area', 'today', '-today', 'power', '-power'] as const;

export const ListInstitutions = z.strictObject({
  /** Part of a code or name. */
  search: text(100).optional(),
  division: text(20).optional(),
  type: text(40).optional(),
  metered: Flag.optional(),
  sort: z.enum(SORTS).default('code'),
  ...paging,
});

export const InstitutionItem = z
  .object({
    id: Id,
    code: z.string(),
    nameZh: z.string(),
    nameEn: z.string(),
    typeCode: z.string(),
    divisionCode: z.string(),
    areaM2: z.number(),
    headcount: z.int(),
    metered: z.boolean(),
    /** kW now, of the main electricity meters that reported within 15 minutes. */
    powerKw: z.number().nullable(),
    /** Electricity of today so far, kWh. */
    today: z.number().nullable(),
    /** Electricity of yesterday up to the same time, kWh; the running hour in proportion. */
    yesterdaySameHours: z.number().nullable(),
    coverageToday: Coverage,
    lastReadingAt: Instant.nullable(),
  })
  .meta({ id: 'Institution' });

export const InstitutionPage = z.object({
  items: z.array(InstitutionItem),
  nextCursor: z.string().nullable(),
  total: z.int(),
});

export const Quota = z.object({
  year: z.int(),
  constraint: z.number(),
  base: z.number(),
  guide: z.number(),
  unit: z.string(),
  /** True: not the standard's value. */
  sample: z.boolean(),
  sourceDocument: z.string(),
});

export const InstitutionDetail = InstitutionItem.extend({
  quota: Quota.nullable(),
  yearToDate: Energy.extend({
    share: z.number().nullable(),
    verdict: z.enum(['within', 'over', 'undecidable']).nullable(),
  }),
});
