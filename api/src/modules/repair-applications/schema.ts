import { z } from 'zod';
import { Id, IdQuery, Instant, paging, text } from '../../lib/shapes.ts';

const LARGEST_FEN = 100_000_000_000;

export const STATUSES = ['draft', 'running', 'returned', 'approved', 'rejected', 'withdrawn'] as const;
const Status = z.enum(STATUSES);

export const CreateRepairApplication = z
  .strictObject({
    institutionId: Id,
    title: text(100).min(1),
    reason: text(2_000).min(1),
    /** CNY, two decimals at most. */
    estimateCny: z
      .string()
      .regex(/^\d{1,9}(\.\d{1,2})?$/, 'write an amount in CNY with at most two decimals: "480000.00"')
      .refine((amount) => fenOf(amount) > 0 && fenOf(amount) <= LARGEST_FEN, 'must be above 0'),
  })
  .meta({ id: 'CreateRepairApplication' });

/** Exact: `12.3` is 1230 fen. */
export function fenOf(amount: string): number {
  const [yuan = '0', fraction = ''] = amount.split('.');
  return Number(yuan) * 100 + Number(fraction.padEnd(2, '0'));
}

export const ListRepairApplications = z.strictObject({
  institution: IdQuery.optional(),
  status: Status.optional(),
  ...paging,
});

export const RepairApplication = z
  .object({
    id: Id,
    /** null while it is a draft. */
    number: z.string().nullable(),
    institutionId: Id,
    institutionNameZh: z.string(),
    institutionNameEn: z.string(),
    title: z.string(),
    reason: z.string(),
    estimateCny: z.string(),
    status: Status,
    createdBy: z.string(),
    createdAt: Instant,
    /** When the running step should be decided. */
    dueAt: Instant.nullable(),
    version: z.int(),
  })
  .meta({ id: 'RepairApplication' });

export const RepairApplicationPage = z.object({
  items: z.array(RepairApplication),
  nextCursor: z.string().nullable(),
});

export const Material = z
  .object({
    material: z.string(),
    name: z.string(),
    mediaType: z.string(),
    bytes: z.int(),
    sha256: z.string(),
  })
  .meta({ id: 'RepairMaterial' });

export const RepairApplicationDetail = RepairApplication.extend({
  materials: z.array(Material),
  /** What happened, oldest first. */
  history: z.array(
    z.object({
      at: Instant,
      kind: z.string(),
      by: z.string().nullable(),
      onBehalfOf: z.string().nullable(),
      comment: z.string(),
    }),
  ),
  /** Steps of its course in order; empty for a draft. */
  course: z.array(z.object({ code: z.string(), zh: z.string(), en: z.string(), current: z.boolean() })),
}).meta({ id: 'RepairApplicationDetail' });

export const AddMaterial = z.strictObject({
  name: text(300).min(1).meta({ description: 'File name with its ending' }),
  material: z.enum(['inspection', 'estimate', 'photo']),
});

export const MaterialParams = z.strictObject({ id: IdQuery, code: text(64) });

const Comment = text(1_000).default('');

export const DecideRepairApplication = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('approve'), comment: Comment }),
    z.strictObject({ kind: z.literal('reject'), comment: Comment }),
    /** `step` counts from 0; null goes back to the applicant. */
    z.strictObject({ kind: z.literal('return'), step: z.int().min(0).max(19).nullable(), comment: Comment }),
  ])
  .meta({ id: 'DecideRepairApplication' });
