import { z } from 'zod';
import { Day } from '../../lib/day.ts';
import { Id, Instant, paging, text } from '../../lib/shapes.ts';
import { STATES } from '../../registry/life-cycle.ts';

export const AsOf = z.strictObject({ asOf: Day.optional() });

export const ListRecords = z.strictObject({
  /** A day in Asia/Shanghai, today when not given: type, division, line, names, areas and states of that day. */
  asOf: Day.optional(),
  /** Members are active or suspended; without it members only, `all` for every state. */
  state: z.enum([...STATES, 'all']).optional(),
  division: text(20).optional(),
  line: text(20).optional(),
  type: text(40).optional(),
  /** Part of a code, name, initials of the name, or unified social credit code. */
  search: text(100).optional(),
  ...paging,
});

export const InstitutionRecord = z
  .object({
    id: Id,
    code: z.string(),
    uscc: z.string().nullable(),
    nameZh: z.string(),
    nameEn: z.string(),
    initials: z.string(),
    typeCode: z.string(),
    divisionCode: z.string(),
    lineCode: z.string().nullable(),
    parentId: Id.nullable(),
    areaM2: z.string(),
    headcount: z.int(),
    staff: z.int().nullable(),
    students: z.int().nullable(),
    beds: z.int().nullable(),
    /** State on that day. A body that had not come in yet is a draft. */
    state: z.enum(STATES),
    memberFrom: Day.nullable(),
    sourceDocument: z.string(),
    version: z.int(),
  })
  .meta({ id: 'InstitutionRecord' });
export const RecordPage = z.object({ asOf: Day, items: z.array(InstitutionRecord), nextCursor: z.string().nullable() });

const Related = z.object({ id: Id, code: z.string(), nameZh: z.string(), nameEn: z.string() });
export const RecordDetail = InstitutionRecord.extend({
  asOf: Day,
  /** What was recorded of each attribute, newest day first; of one day the record that was made last holds. */
  facts: z.array(
    z.object({
      kind: z.string(),
      value: z.string().nullable(),
      validFrom: Day,
      sourceDocument: z.string(),
      /** The approved change it came with. */
      changeId: Id.nullable(),
      recordedAt: Instant,
      recordedBy: z.string(),
    }),
  ),
  events: z.array(
    z.object({
      state: z.enum(STATES),
      effectiveOn: Day,
      successors: z.array(Related),
      changeId: Id.nullable(),
      recordedAt: Instant,
      recordedBy: z.string(),
    }),
  ),
  /** Bodies that ended and went on in this one. */
  predecessors: z.array(Related),
}).meta({ id: 'InstitutionRecordDetail' });
