import { z } from 'zod';
import { quantityByCode } from './quantities.ts';

/**
 * The shape of a meter template: what a model's manual says, as data. Files are named vendor-model and live with the
 * gateway firmware; ingest, api and console know a template by its id only.
 */

const quantityCode = z
  .string()
  .refine((code) => quantityByCode(code) !== undefined, 'unknown quantity, see quantities.ts');

/** Fields every protocol's point shares. `scale` turns the register into the quantity's unit; ratios are the server's. */
const pointBase = {
  quantity: quantityCode,
  /** Resolution of the stored count, 10^-decimals units; a counter's modulus is given in the same unit. */
  decimals: z.int().min(0).max(9),
  scale: z.number().positive().default(1),
  /** The register returns to zero here (in units); absent where the manual names none. */
  modulus: z.number().positive().optional(),
  /** The manual's own wording, so that a reader can find the line. */
  manual: z.string(),
};

export const MODBUS_TYPES = ['u16', 'i16', 'u32', 'i32', 'u64', 'i64', 'f32', 'f64'] as const;
export const WORD_ORDERS = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const;

export const ModbusPoint = z.object({
  ...pointBase,
  fc: z.union([z.literal(3), z.literal(4)]),
  /** Zero-based wire address. */
  address: z.int().min(0).max(65_535),
  type: z.enum(MODBUS_TYPES),
  wordOrder: z.enum(WORD_ORDERS).default('ABCD'),
  /** Raw register contents (hex, wire order) that mean "no value". */
  sentinels: z.array(z.string().regex(/^([0-9A-F]{4})+$/)).default([]),
});
export type ModbusPoint = z.infer<typeof ModbusPoint>;

export const OpcUaPoint = z.object({
  ...pointBase,
  /** Browse path below the meter object, `/`-separated, without namespace. */
  path: z.string().min(1),
});
export type OpcUaPoint = z.infer<typeof OpcUaPoint>;

/** A data item of DL/T 645; its size, decimals and unit stand in the standard, so a template names only the identifier. */
export const Dlt645Point = z.object({
  ...pointBase,
  /** Eight hex digits DI3..DI0 (2007) or four DI1 DI0 (1997). */
  di: z.string().regex(/^([0-9A-F]{4}){1,2}$/, 'eight hex digits (2007) or four (1997)'),
  /** A block identifier that fetches this item together with its neighbours in one answer, where the model has it. */
  block: z
    .string()
    .regex(/^([0-9A-F]{4}){1,2}$/)
    .optional(),
});
export type Dlt645Point = z.infer<typeof Dlt645Point>;

/** Values in the answer to 901F. */
export const CJT188_FIELDS = ['volume', 'heat', 'power', 'flow', 'temperature.supply', 'temperature.return'] as const;

/** A field of the answer to 901F (CJ/T 188); the unit comes with each answer and is converted. */
export const Cjt188Point = z.object({ ...pointBase, field: z.enum(CJT188_FIELDS) });
export type Cjt188Point = z.infer<typeof Cjt188Point>;

const templateBase = {
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)+$/, 'vendor-model, lower case'),
  vendor: z.string(),
  model: z.string(),
  manualUrl: z.url(),
  /** True when the meter's own registers already contain CT and PT; then the server multiplies by one. */
  ratioInMeter: z.boolean(),
};

export const ModbusTemplate = z.object({
  ...templateBase,
  protocol: z.literal('modbus'),
  points: z.array(ModbusPoint).min(1),
});
export const OpcUaTemplate = z.object({
  ...templateBase,
  protocol: z.literal('opcua'),
  points: z.array(OpcUaPoint).min(1),
});
export const Dlt645Template = z.object({
  ...templateBase,
  protocol: z.literal('dlt645'),
  points: z.array(Dlt645Point).min(1),
});
export const Cjt188Template = z.object({
  ...templateBase,
  protocol: z.literal('cjt188'),
  /** Meter type T: 10H cold water, 20H heat, 30H gas. */
  meterType: z.int().min(0).max(255),
  /** How the model wants the identifier in a request: `1F 90` (low-first) or `90 1F`. Answers are understood either way. */
  diOrder: z.enum(['low-first', 'high-first']).default('low-first'),
  points: z.array(Cjt188Point).min(1),
});

export const MeterTemplate = z.discriminatedUnion('protocol', [
  ModbusTemplate,
  OpcUaTemplate,
  Dlt645Template,
  Cjt188Template,
]);
export type MeterTemplate = z.infer<typeof MeterTemplate>;
export type ModbusTemplate = z.infer<typeof ModbusTemplate>;
export type OpcUaTemplate = z.infer<typeof OpcUaTemplate>;
export type Dlt645Template = z.infer<typeof Dlt645Template>;
export type Cjt188Template = z.infer<typeof Cjt188Template>;
