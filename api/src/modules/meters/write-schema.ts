import { Connection, MEDIA } from '@ganzhi/schemas';
import { z } from 'zod';
import { Id, Instant, InstantQuery, text } from '../../lib/shapes.ts';
import { METER_CODE } from './record.ts';

const Code = text(64).min(1);
const Name = text(200).refine((name) => name.trim() !== '', '不能为空 · must not be blank');
const Quantities = z.array(text(32)).min(1).max(64);

/** What people keep of a meter. Institution, parent, gateway, building and account are named by code, as in files. */
const fields = {
  nameZh: Name,
  nameEn: Name,
  institutionCode: Code,
  medium: z.enum(MEDIA),
  /** main meters add up to the institution; sub meters stand below a parent */
  role: z.enum(['main', 'sub']),
  parentCode: Code.nullable(),
  gatewayCode: Code.nullable(),
  itemCode: text(32).min(1).nullable(),
  template: Code,
  quantities: Quantities,
  /** How often a value is expected, seconds: the measure of coverage. */
  intervalS: z.int().min(1).max(86_400),
  buildingCode: Code.nullable(),
  accountNo: Code.nullable(),
  /** How it is reached, as in a gateway's configuration. */
  connection: Connection.nullable(),
};

const Ratio = z.int().min(1).max(1_000_000);

export const NewMeter = z
  .strictObject({
    code: z.string().regex(METER_CODE, '1 至 64 位字母、数字、点、连字符 · 1 to 64 letters, digits, dots, hyphens'),
    ...fields,
    role: fields.role.default('main'),
    parentCode: fields.parentCode.default(null),
    gatewayCode: fields.gatewayCode.default(null),
    itemCode: fields.itemCode.default(null),
    /** Default: all of the template. */
    quantities: Quantities.optional(),
    intervalS: fields.intervalS.default(900),
    /** Ratios of transformers; changed afterwards by ledger edits only. */
    ct: Ratio.default(1),
    pt: Ratio.default(1),
    buildingCode: fields.buildingCode.default(null),
    accountNo: fields.accountNo.default(null),
    connection: fields.connection.default(null),
  })
  .meta({ id: 'NewMeter' });

export const MeterPatch = z
  .strictObject(fields)
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, '请至少填写一项 · name one field at least')
  .meta({ id: 'MeterPatch' });

export const RetireMeter = z.strictObject({
  reason: text(500).min(1),
  /** When it went out of use; default: now. */
  at: InstantQuery.optional(),
});

export const MeterRegistration = z
  .object({
    id: Id,
    /** For If-Match. */
    version: z.int(),
    code: z.string(),
    ...fields,
    connection: Connection.nullable(),
    ct: z.int(),
    pt: z.int(),
    retired: z.object({ at: Instant, reason: z.string() }).nullable(),
  })
  .meta({ id: 'MeterRegistration' });
