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

export const MeterTemplate = z.discriminatedUnion('protocol', [ModbusTemplate, OpcUaTemplate]);
export type MeterTemplate = z.infer<typeof MeterTemplate>;
export type ModbusTemplate = z.infer<typeof ModbusTemplate>;
export type OpcUaTemplate = z.infer<typeof OpcUaTemplate>;
