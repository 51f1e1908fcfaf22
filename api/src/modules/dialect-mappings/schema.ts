import { QUANTITIES } from '@ganzhi/schemas';
import { z } from 'zod';
import { Id, IdQuery, Instant, paging, text } from '../../lib/shapes.ts';

const Quantity = z.enum(QUANTITIES.map(({ code }) => code) as [string, ...string[]]);
const Power = z.int().min(-9).max(9);

/** Where a tag belongs: a point of a meter, or nowhere on purpose (both null). */
const target = {
  meterId: Id.nullable(),
  /** Code of the quantity. */
  point: Quantity.nullable(),
  /** The sender's value times ten to this power is in the unit of the quantity: Wh to kWh is -3. */
  powerOfTen: Power,
};

const names = {
  /** As the sender names the device: Neuron `node/group`, Sparkplug `group/node/device`, a collector's meter id; may be ''. */
  device: text(256),
  tag: text(256).min(1),
};

export const Mapping = z.object({
  id: Id,
  gatewayId: Id,
  gatewayCode: z.string(),
  ...names,
  ...target,
  meterCode: z.string().nullable(),
  updatedAt: Instant,
});
export type Mapping = z.infer<typeof Mapping>;

export const MappingPage = z.object({ items: z.array(Mapping), nextCursor: z.string().nullable() });

export const ListMappings = z.strictObject({
  ...paging,
  gatewayId: IdQuery.optional(),
  meterId: IdQuery.optional(),
  device: text(256).optional(),
});

const isWhole = ({ meterId, point }: { meterId: number | null; point: string | null }): boolean =>
  (meterId === null) === (point === null);
const WHOLE = { path: ['point'], message: 'meterId and point: both, or both null to leave the tag aside' };

const Fields = z.strictObject({ ...names, ...target, powerOfTen: Power.default(0) });
export const NewMapping = Fields.extend({ gatewayId: Id }).refine(isWhole, WHOLE);
export type NewMapping = z.infer<typeof NewMapping>;
export const Target = z.strictObject({ ...target, powerOfTen: Power.default(0) }).refine(isWhole, WHOLE);
export type Target = z.infer<typeof Target>;

export const MAX_IMPORT = 5_000;
export const ImportMappings = z.strictObject({
  gatewayId: Id,
  /** True: everything is checked and counted, nothing is written. */
  dryRun: z.boolean().default(false),
  mappings: z.array(Fields.refine(isWhole, WHOLE)).min(1).max(MAX_IMPORT),
});
export type ImportMappings = z.infer<typeof ImportMappings>;
export const Imported = z.object({
  dryRun: z.boolean(),
  created: z.int(),
  updated: z.int(),
  unchanged: z.int(),
});
export type Imported = z.infer<typeof Imported>;

export const Suggestions = z.object({
  items: z.array(
    z.object({
      ...names,
      /** Waiting entries of the quarantine with these names. */
      entries: z.int(),
      lastReceivedAt: Instant,
      /** The value that came last, as it was sent. */
      lastValue: z.unknown(),
      /** What it may be; null when the names do not tell. A person decides. */
      suggestion: z.object({ meterId: Id, meterCode: z.string(), point: Quantity, powerOfTen: Power }).nullable(),
    }),
  ),
});

export const IfMatch = z.object({ 'if-match': text(100).min(1) });
