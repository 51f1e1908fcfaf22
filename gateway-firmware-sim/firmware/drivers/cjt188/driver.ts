import type { Cjt188Point } from '@ganzhi/schemas';
import { type MeterDriver, ReadError, type ReadResult } from '../driver.ts';
import type { LineBus } from '../line/bus.ts';
import { createUnitDriver, type Held } from '../unit.ts';
import { addressAnswers188, type Cjt188Frame, createCjt188Parser } from './frame.ts';
import { meterType } from './meter-types.ts';
import type { Cjt188Metering } from './metering.ts';
import { readMessage188 } from './reply.ts';
import { buildRead188, DI_METERING, type DiOrder } from './request.ts';

export interface Cjt188DriverOptions {
  bus: string;
  /** Meter type T of the template. */
  type: number;
  /** Up to fourteen digits; `AA` pairs match any meter and are for a bus with one meter only. */
  address: string;
  diOrder: DiOrder;
  wakeBytes: number;
  timeoutMs: number;
  points: readonly Cjt188Point[];
  acquire: () => Held<LineBus>;
}

/** One water, gas or heat meter of CJ/T 188: one request brings all its values. */
export function createCjt188Driver(options: Cjt188DriverOptions): MeterDriver {
  const { bus, points, acquire, timeoutMs, ...meter } = options;
  let sequence = 0;
  return createUnitDriver({
    protocol: 'cjt188',
    bus,
    requests: [{ points }],
    acquire,
    ask(line) {
      sequence = (sequence + 1) & 0xff;
      const { type, address, diOrder, wakeBytes: preamble } = meter;
      return line.exchange({
        request: buildRead188({ type, address, diOrder, sequence, preamble }),
        parser: createCjt188Parser(),
        timeoutMs,
        accept: (frame) => meteringOf(frame, meter),
      });
    },
    decode: ({ points: wanted }, metering) => decode(wanted, metering),
  });
}

/**
 * The values, or undefined for a frame of another meter or another master's request. The sequence number is not compared:
 * some meters always answer with their own, and the values are the same.
 */
function meteringOf(frame: Cjt188Frame, asked: { type: number; address: string }): Cjt188Metering | undefined {
  if (!addressAnswers188(asked.address, frame.address)) return undefined;
  if (meterType(frame.type).medium !== meterType(asked.type).medium) return undefined;
  const message = readMessage188(frame);
  if (message.kind === 'refused') {
    const status = message.status ? `, status ${message.status.raw}` : '';
    throw new ReadError('read-refused', `Meter ${frame.address} refused ${DI_METERING}${status}`);
  }
  return message.kind === 'metering' ? message.metering : undefined;
}

function decode(points: readonly Cjt188Point[], { values }: Cjt188Metering): ReadResult {
  const result: ReadResult = { values: [], failures: [], withoutValue: [] };
  for (const { field, quantity } of points) {
    const found = values.find(({ name }) => name === field);
    const value = found?.converted?.value ?? found?.value;
    if (!found) result.failures.push({ quantity, code: 'read-refused' });
    else if (value === undefined) result.withoutValue.push(quantity);
    else result.values.push({ quantity, value, quality: 0 });
  }
  return result;
}
