import type { MeterTemplate } from '@ganzhi/schemas';
import type { MeterDriver } from '../firmware/drivers/driver.ts';
import { createModbusDriver } from '../firmware/drivers/modbus/driver.ts';
import { applyScale } from '../firmware/drivers/scale.ts';
import type { Registers } from './model/registers.ts';
import { registerImage } from './servers/encode.ts';

/**
 * Reads a simulated meter without a socket: the same plan, decoding and scale as over the wire, from a register image made
 * at `now()`. For history, where 30 days go by in a minute.
 *
 * @param quantities points to read; others of the template are left out
 */
export function virtualDriver(
  template: MeterTemplate,
  registers: Registers,
  now: () => number,
  quantities: readonly string[],
): MeterDriver {
  if (template.protocol === 'modbus') {
    const points = template.points.filter(({ quantity }) => quantities.includes(quantity));
    const source = {
      async read(_unit: number, fc: 3 | 4, address: number, length: number) {
        const image = registerImage(points, fc, registers(now()));
        const words = Buffer.alloc(length * 2);
        for (let i = 0; i < length; i += 1) words.writeUInt16BE(image.get(address + i) ?? 0, i * 2);
        return words;
      },
    };
    return createModbusDriver({
      bus: 'virtual',
      unit: 1,
      points,
      acquire: () => ({ source, release: async () => undefined }),
    });
  }
  const points = template.points.filter(({ quantity }) => quantities.includes(quantity));
  return {
    protocol: 'opcua',
    bus: 'virtual',
    open: async () => undefined,
    close: async () => undefined,
    async read() {
      const values = registers(now());
      return {
        values: points.map(({ quantity, scale }) => ({
          quantity,
          value: applyScale((values[quantity] ?? 0) / scale, scale),
          quality: 0 as const,
        })),
        failures: [],
        withoutValue: [],
      };
    },
  };
}
