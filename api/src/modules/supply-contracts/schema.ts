import { CHARGE_BASES } from '@ganzhi/analytics/rules';
import { z } from 'zod';
import { Day } from '../../lib/day.ts';
import { Id, Instant, text } from '../../lib/shapes.ts';

const Amount = z.string().regex(/^\d{1,8}(\.\d{1,2})?$/, 'a decimal with at most two places, as text');

const contract = {
  validFrom: Day,
  basis: z.enum(CHARGE_BASES),
  /** Transformer capacity, kVA. */
  capacityKva: Amount.nullable().default(null),
  /** Contracted maximum demand, kW. */
  demandKw: Amount.nullable().default(null),
  /** Power factor held to; null: none. */
  powerFactorStandard: z.enum(['0.90', '0.85', '0.80']).nullable().default(null),
  sourceDocument: text(300).min(1),
};
export const NewContract = z.strictObject(contract);
export const Contract = z
  .object({ id: Id, institutionId: Id, ...contract, recordedAt: Instant, recordedBy: z.string() })
  .meta({ id: 'SupplyContract' });
/** Every record, superseded ones too: the later recorded of a day holds. */
export const Contracts = z.object({ items: z.array(Contract) });
