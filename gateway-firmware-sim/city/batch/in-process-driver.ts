import { type ModbusPoint, toCounts } from '@ganzhi/schemas';
import { type MeterDriver, ReadError } from '../../firmware/drivers/driver.ts';
import { decodePoint, WORDS } from '../../firmware/drivers/modbus/decode.ts';
import { createModbusDriver } from '../../firmware/drivers/modbus/driver.ts';
import { createUnitDriver } from '../../firmware/drivers/unit.ts';
import { templateById } from '../../firmware/index.ts';
import type { Registers } from '../model/registers.ts';
import { encodePoint } from '../servers/encode.ts';
import { cutCounts } from '../servers/slave.ts';

export interface InProcessOptions {
  template: string;
  /** Meters of one bus are read in turn. */
  bus: string;
  registers: Registers;
  now: () => number;
  quantities: ReadonlySet<string>;
  /** True while the meter does not answer. */
  isDead: (t: number) => boolean;
}

/**
 * Reads a simulated meter without a socket. A Modbus model goes through the firmware's own driver (plan, decoding, scale,
 * back-off) on registers made for the moment; meters of other protocols show their values cut to their resolution.
 */
export function inProcessDriver(options: InProcessOptions): MeterDriver {
  const template = templateById(options.template);
  return template.protocol === 'modbus'
    ? modbusDriver(
        options,
        template.points.filter(({ quantity }) => options.quantities.has(quantity)),
      )
    : plainDriver(options);
}

function modbusDriver({ bus, registers, now, isDead }: InProcessOptions, points: readonly ModbusPoint[]): MeterDriver {
  let made = { t: Number.NaN, values: registers(now()) };
  const valuesNow = () => {
    const t = now();
    if (t !== made.t) made = { t, values: registers(t) };
    return made.values;
  };
  const source = {
    async read(_unit: number, fc: 3 | 4, address: number, length: number) {
      if (isDead(now())) throw new ReadError('read-timeout', 'The simulated meter does not answer');
      const values = valuesNow();
      const words = Buffer.alloc(length * 2);
      for (const point of points) {
        if (point.fc !== fc || point.address < address || point.address + WORDS[point.type] > address + length)
          continue;
        encodePoint(point, values[point.quantity] ?? 0).copy(words, (point.address - address) * 2);
      }
      return words;
    },
  };
  return createModbusDriver({ bus, unit: 1, points, acquire: () => ({ source, release: async () => undefined }) });
}

/** With the firmware's back-off: a dead meter is left alone for some scans, on whatever wire. */
function plainDriver({ template, bus, registers, now, quantities, isDead }: InProcessOptions): MeterDriver {
  const points = templateById(template).points.filter(({ quantity }) => quantities.has(quantity));
  return createUnitDriver({
    protocol: 'in-process',
    bus,
    requests: points.length > 0 ? [{ points }] : [],
    acquire: () => ({ source: registers, release: async () => undefined }),
    async ask(source) {
      if (isDead(now())) throw new ReadError('read-timeout', 'The simulated meter does not answer');
      return source(now());
    },
    decode: ({ points: wanted }, values) => ({
      values: wanted.map(({ quantity, decimals }) => ({
        quantity,
        value: cutCounts(values[quantity] ?? 0, decimals) / 10 ** decimals,
        quality: 0 as const,
      })),
      failures: [],
      withoutValue: [],
    }),
  });
}

/** How many counts of its resolution the server would make of what a meter of this template shows for `value`. */
export function countsShown(template: string, quantity: string): (value: number) => number {
  const { protocol, points } = templateById(template);
  const decimals = points.find((point) => point.quantity === quantity)?.decimals ?? 0;
  const point = protocol === 'modbus' ? points.find((candidate) => candidate.quantity === quantity) : undefined;
  if (!point) return (value) => cutCounts(value, decimals);
  return (value) => Number(toCounts(decodePoint(point, encodePoint(point, value)) ?? Number.NaN, decimals) ?? 0n);
}
