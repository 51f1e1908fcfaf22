import { z } from 'zod';
import { fullAddress188 } from './drivers/cjt188/index.ts';
import { fullAddress } from './drivers/dlt645/index.ts';

const port = z.int().min(1).max(65_535);
/** Silence before each request; slow or badly terminated buses want more. */
const pauseMs = z.int().min(0).max(5_000).default(20);

/** A bus of raw bytes: a serial server, or a port of this machine. All meters on it are configured with the same line. */
const line = (baudRate: number, parity: 'none' | 'even') =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('tcp'), host: z.string().min(1), port, pauseMs }),
    z.object({
      kind: z.literal('serial'),
      path: z.string().min(1),
      baudRate: z.int().min(300).max(921_600).default(baudRate),
      dataBits: z.union([z.literal(7), z.literal(8)]).default(8),
      parity: z.enum(['none', 'even', 'odd']).default(parity),
      stopBits: z.union([z.literal(1), z.literal(2)]).default(1),
      pauseMs,
    }),
  ]);

const timeoutMs = (usual: number) => z.int().min(50).max(30_000).default(usual);
const unit = z.int().min(0).max(255);

/** FEH bytes sent in front to wake the meter. */
const wakeBytes = (usual: number) => z.int().min(0).max(16).default(usual);

const address = (check: (address: string) => string, shape: string) =>
  z.string().refine((text) => {
    try {
      return check(text) !== '';
    } catch {
      return false;
    }
  }, shape);

/** How one meter is reached. */
export const Connection = z.discriminatedUnion('protocol', [
  z.object({
    protocol: z.literal('modbus-tcp'),
    host: z.string().min(1),
    port,
    unit,
    timeoutMs: timeoutMs(1_000),
  }),
  z.object({ protocol: z.literal('modbus-rtu'), line: line(9_600, 'none'), unit, timeoutMs: timeoutMs(1_000) }),
  z.object({
    protocol: z.literal('dlt645'),
    line: line(2_400, 'even'),
    address: address(fullAddress, 'up to 12 digits, or AA for any pair'),
    wakeBytes: wakeBytes(4),
    timeoutMs: timeoutMs(1_500),
  }),
  z.object({
    protocol: z.literal('cjt188'),
    line: line(2_400, 'even'),
    address: address(fullAddress188, 'up to 14 digits, or AA for any pair'),
    wakeBytes: wakeBytes(3),
    timeoutMs: timeoutMs(1_500),
  }),
  z.object({
    protocol: z.literal('opcua'),
    endpointUrl: z.string().startsWith('opc.tcp://'),
    /** Browse path of the meter's object below Objects, `/`-separated, without namespaces. */
    object: z.string().min(1),
    security: z.enum(['sign-and-encrypt', 'none']).default('sign-and-encrypt'),
  }),
]);
export type Connection = z.infer<typeof Connection>;
