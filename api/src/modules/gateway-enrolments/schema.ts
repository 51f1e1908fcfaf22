import { ENROLMENT_STATES, GATEWAY_CODE } from '@ganzhi/schemas';
import { z } from 'zod';
import { IdQuery, Instant, paging, text } from '../../lib/shapes.ts';

export const ListEnrolments = z.strictObject({ state: z.enum(ENROLMENT_STATES).optional(), ...paging });
export const EnrolmentParams = z.strictObject({ id: z.uuid() });
export const GatewayParams = z.strictObject({ code: z.string().regex(GATEWAY_CODE) });

/** A new gateway of an institution, or a new device in the place of a gateway that is registered. */
export const ApproveEnrolment = z.strictObject({
  gatewayCode: z.string().regex(GATEWAY_CODE),
  /** Needed for a new gateway; of a known one it must be its own. */
  institutionId: IdQuery,
  nameZh: text(100).optional(),
  nameEn: text(100).optional(),
  /** As the gateway shows it: proves that the approved device is the one at hand. */
  fingerprint: text(19),
});
export const RefuseEnrolment = z.strictObject({ reason: text(500) });
export const RevokeCredential = z.strictObject({ reason: text(500) });

export const EnrolmentItem = z
  .object({
    id: z.uuid(),
    serial: z.string(),
    model: z.string(),
    firmware: z.string(),
    /** Of the device's secret, in fours; the device shows the same. */
    fingerprint: z.string(),
    /** Others that claim the same serial number: somebody is not who he says. */
    sameSerial: z.int(),
    address: z.string().nullable(),
    announcedAt: Instant,
    lastSeenAt: Instant,
    state: z.enum(ENROLMENT_STATES),
    gatewayCode: z.string().nullable(),
    decidedBy: z.string().nullable(),
    decidedAt: Instant.nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: 'GatewayEnrolment' });

export const EnrolmentPage = z.object({ items: z.array(EnrolmentItem), nextCursor: z.string().nullable() });
