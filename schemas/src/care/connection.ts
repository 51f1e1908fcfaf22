import { z } from 'zod';

/** How meters are reached: the part of a gateway's configuration that server and firmware read alike. */

const port = z.int().min(1).max(65_535);
const host = z.string().min(1).max(255);
/** Silence before each request; slow or badly terminated buses want more. */
const pauseMs = z.int().min(0).max(5_000).default(20);

/** A bus of raw bytes: a serial server, or a port of this machine. All meters on it are configured with the same line. */
const line = (baudRate: number, parity: 'none' | 'even') =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('tcp'), host, port, pauseMs }),
    z.object({
      kind: z.literal('serial'),
      path: z.string().min(1).max(255),
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

/** Decimal digits of a meter on a line; `AA` stands for any pair (DL/T 645-2007 §5.2.2, CJ/T 188 §6). */
const address = (digits: number) =>
  z
    .string()
    .refine(
      (text) =>
        text.length > 0 && text.length <= digits && /^(\d\d|AA)+$/.test(text.toUpperCase().padStart(digits, '0')),
      `up to ${digits} digits, or AA for any pair`,
    );

/** How one meter is reached. */
export const Connection = z.discriminatedUnion('protocol', [
  z.object({ protocol: z.literal('modbus-tcp'), host, port, unit, timeoutMs: timeoutMs(1_000) }),
  z.object({ protocol: z.literal('modbus-rtu'), line: line(9_600, 'none'), unit, timeoutMs: timeoutMs(1_000) }),
  z.object({
    protocol: z.literal('dlt645'),
    line: line(2_400, 'even'),
    address: address(12),
    wakeBytes: wakeBytes(4),
    timeoutMs: timeoutMs(1_500),
  }),
  z.object({
    protocol: z.literal('cjt188'),
    line: line(2_400, 'even'),
    address: address(14),
    wakeBytes: wakeBytes(3),
    timeoutMs: timeoutMs(1_500),
  }),
  z.object({
    protocol: z.literal('opcua'),
    endpointUrl: z.string().max(255).startsWith('opc.tcp://'),
    /** Browse path of the meter's object below Objects, `/`-separated, without namespaces. */
    object: z.string().min(1).max(255),
    security: z.enum(['sign-and-encrypt', 'none']).default('sign-and-encrypt'),
    /** Ask at each reading, or let the server send what changes (part 4, §5.13). */
    mode: z.enum(['poll', 'subscribe']).default('poll'),
  }),
]);
export type Connection = z.infer<typeof Connection>;
