import { z } from 'zod';
import { SecurityPolicy } from '../../auth/policy.ts';
import { Id, Instant, InstantQuery, text } from '../../lib/shapes.ts';

export const Roles = z.object({
  items: z.array(
    z.object({
      code: z.string(),
      nameZh: z.string(),
      nameEn: z.string(),
      /** system, security and audit exclude one another and every business role (三员分立). */
      kind: z.enum(['business', 'system', 'security', 'audit', 'bootstrap']),
      permissions: z.array(z.string()),
    }),
  ),
});

const ids = z
  .array(
    z
      .int()
      .min(1)
      .max(2 ** 31 - 1),
  )
  .max(2_000);

/** The union of what is named; the three administrators have none. */
const Scope = {
  wholeCity: z.boolean().default(false),
  /** With everything below it. */
  division: text(20).optional(),
  line: text(20).optional(),
  institutionIds: ids.default([]),
  meterIds: ids.default([]),
};

export const GrantRole = z.strictObject({
  role: text(64).min(1),
  ...Scope,
  /** Readings and consumption of this span only. */
  dataFrom: InstantQuery.optional(),
  dataTo: InstantQuery.optional(),
  /** Default: now. */
  validFrom: InstantQuery.optional(),
  validTo: InstantQuery.optional(),
  reason: text(500).default(''),
});

export const Assignment = z.object({
  id: Id,
  userId: Id,
  role: z.string(),
  wholeCity: z.boolean(),
  division: z.string().nullable(),
  line: z.string().nullable(),
  institutionIds: z.array(Id),
  meterIds: z.array(Id),
  dataFrom: Instant.nullable(),
  dataTo: Instant.nullable(),
  validFrom: Instant.nullable(),
  validTo: Instant.nullable(),
  revokedAt: Instant.nullable(),
  grantedBy: z.string(),
  delegatedFrom: Id.nullable(),
  reason: z.string(),
});

export const Assignments = z.object({ items: z.array(Assignment) });

/** To hand one's own right to another for a while; it ends with it at the latest. */
export const Delegate = z.strictObject({
  assignmentId: z
    .int()
    .min(1)
    .max(2 ** 31 - 1),
  login: text(64).min(1),
  validTo: InstantQuery,
  reason: text(500).min(1),
});

export { SecurityPolicy };
