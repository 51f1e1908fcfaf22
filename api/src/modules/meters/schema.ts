import { MEDIA } from '@ganzhi/schemas';
import { z } from 'zod';
import { Id, IdQuery, Instant, InstantQuery, paging, text } from '../../lib/shapes.ts';

export const ListMeters = z.strictObject({
  institutionId: IdQuery.optional(),
  /** Part of a code or name. */
  search: text(100).optional(),
  ...paging,
});

export const MeterItem = z
  .object({
    id: Id,
    code: z.string(),
    nameZh: z.string(),
    nameEn: z.string(),
    institutionId: Id,
    medium: z.enum(MEDIA),
    /** main meters add up to the institution; sub meters stand below a parent */
    role: z.enum(['main', 'sub']),
    itemCode: z.string().nullable(),
    parentId: Id.nullable(),
    template: z.string(),
    gatewayCode: z.string().nullable(),
    intervalS: z.int(),
    lastReadingAt: Instant.nullable(),
    ageS: z.int().min(0).nullable(),
    /** Why it cannot be read now; null while it answers. */
    failure: z.object({ code: z.string(), since: Instant }).nullable(),
    /** kW on the primary side, when reported within 15 minutes. */
    powerKw: z.number().nullable(),
  })
  .meta({ id: 'Meter' });

export const InstitutionMeters = z.object({ items: z.array(MeterItem) });

export const MeterPage = z.object({
  items: z.array(MeterItem),
  nextCursor: z.string().nullable(),
  total: z.int(),
});

export const MeterDetail = MeterItem.extend({
  /** In force now. Registers are shown as the meter reports them; consumption and power contain the ratio. */
  ratio: z.object({ ct: z.int(), pt: z.int() }),
});

export const Points = z.object({
  items: z.array(
    z.object({
      quantity: z.string(),
      nameZh: z.string(),
      nameEn: z.string(),
      unit: z.string(),
      kind: z.enum(['counter', 'gauge']),
      decimals: z.int(),
      latest: z.object({ at: Instant, value: z.number(), quality: z.int() }).nullable(),
    }),
  ),
});

export const ListReadings = z.strictObject({
  point: text(32).default('energy.import'),
  /** Default: 24 hours before `to`. */
  from: InstantQuery.optional(),
  /** Default: now. */
  to: InstantQuery.optional(),
  ...paging,
});

export const Readings = z.object({
  unit: z.string(),
  items: z.array(
    z.object({
      at: Instant,
      /** The register as received (effective value: best quality, then latest received), without the ratio. */
      value: z.number(),
      quality: z.int(),
      receivedAt: Instant.optional(),
    }),
  ),
  nextCursor: z.string().nullable(),
});
