import { z } from 'zod';
import { Day } from '../../lib/day.ts';
import { Coverage, Id, Instant } from '../../lib/shapes.ts';

export const Buildings = z.object({
  items: z.array(
    z
      .object({
        id: Id,
        institutionId: Id,
        code: z.string(),
        nameZh: z.string(),
        nameEn: z.string(),
        areaM2: z.number().nullable(),
      })
      .meta({ id: 'Building' }),
  ),
});

/** What the meters of a building tell; bills and shared meters belong to the institution. */
export const BuildingIndicators = z
  .object({
    buildingId: Id,
    from: Day,
    to: Day,
    coefficientSet: z.string(),
    emissionRegion: z.string(),
    areaM2: z.number().nullable(),
    carriers: z.array(
      z.object({
        carrier: z.string(),
        unit: z.string(),
        quantity: z.number().nullable(),
        coverage: Coverage,
        atLeast: z.boolean(),
        missing: z.array(z.string()),
        kgce: z.number().nullable(),
        carbonKg: z.number().nullable(),
      }),
    ),
    comprehensiveKgce: z.number().nullable(),
    /** Null without a floor area on file. */
    perAreaKgce: z.number().nullable(),
    electricityPerAreaKwh: z.number().nullable(),
    carbonKg: z.number().nullable(),
    carbonPerAreaKg: z.number().nullable(),
    atLeast: z.boolean(),
    missing: z.array(z.string()),
    /** Registers up to here are in the figures, of every meter; null: one has never told any. */
    watermark: Instant.nullable(),
    versions: z.object({ factors: z.array(Id) }),
  })
  .meta({ id: 'BuildingIndicators' });
