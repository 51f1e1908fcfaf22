import { z } from 'zod';
import { Day } from '../../lib/day.ts';
import { Id, IdQuery, Instant, paging, text } from '../../lib/shapes.ts';
import { CHANGES, STATES } from '../../registry/life-cycle.ts';

const STATUSES = ['running', 'returned', 'approved', 'rejected', 'withdrawn'] as const;

export const ListChanges = z.strictObject({
  institution: IdQuery.optional(),
  status: z.enum(STATUSES).optional(),
  ...paging,
});

export const InstitutionChange = z
  .object({
    id: Id,
    institutionId: Id,
    institutionCode: z.string(),
    institutionNameZh: z.string(),
    institutionNameEn: z.string(),
    /** State of the institution today. */
    state: z.enum(STATES),
    kind: z.enum(CHANGES),
    effectiveOn: Day,
    reason: z.string(),
    sourceDocument: z.string(),
    /** What was asked for, as it was handed in. */
    content: z.record(z.string(), z.unknown()),
    status: z.enum(STATUSES),
    requestedBy: z.string(),
    requestedAt: Instant,
    appliedAt: Instant.nullable(),
    dueAt: Instant.nullable(),
  })
  .meta({ id: 'InstitutionChange' });
export const ChangePage = z.object({ items: z.array(InstitutionChange), nextCursor: z.string().nullable() });

const Comment = text(1_000).default('');
export const DecideChange = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('approve'), comment: Comment }),
    z.strictObject({ kind: z.literal('reject'), comment: Comment }),
  ])
  .meta({ id: 'DecideInstitutionChange' });

/** A draft as it was entered. */
export const InstitutionDraft = z
  .object({
    id: Id,
    code: z.string(),
    uscc: z.string().nullable(),
    nameZh: z.string(),
    nameEn: z.string(),
    typeCode: z.string(),
    divisionCode: z.string(),
    lineCode: z.string().nullable(),
    parentId: Id.nullable(),
    areaM2: z.string(),
    headcount: z.int(),
    staff: z.int().nullable(),
    students: z.int().nullable(),
    beds: z.int().nullable(),
    memberFrom: z.string(),
    state: z.enum(STATES),
    version: z.int(),
  })
  .meta({ id: 'InstitutionDraft' });
