import { z } from 'zod';
import { Day } from '../../lib/day.ts';
import { Id, Instant, text } from '../../lib/shapes.ts';

const ROLES = ['main', 'sub'] as const;
const DIRECTIONS = ['in', 'out'] as const;

export const NewMeterFact = z.strictObject({
  /** main adds up to the institution; sub stands below a parent and is never added again. */
  role: z.enum(ROLES),
  /** The meter above it; only and always of a sub meter. */
  parentId: Id.nullable().default(null),
  /** out: what the meter counts leaves the institution and is taken off. */
  direction: z.enum(DIRECTIONS).default('in'),
  /** A day that has begun; days long past correct what was recorded wrongly. */
  validFrom: Day,
  sourceDocument: text(300).min(1),
});

export const MeterFact = z.object({
  /** Null: what the registry says of a meter without records. */
  id: Id.nullable(),
  meterId: Id,
  role: z.enum(ROLES),
  parentId: Id.nullable(),
  direction: z.enum(DIRECTIONS),
  /** Null: from the beginning. */
  validFrom: Day.nullable(),
  sourceDocument: z.string(),
  recordedAt: Instant.nullable(),
  recordedBy: z.string(),
});
export const MeterFacts = z.object({ items: z.array(MeterFact) });
