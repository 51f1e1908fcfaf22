import type { Connection, OpcUaPoint } from '@ganzhi/schemas';
import type { DataValue } from 'node-opcua-client';
import { type MeterDriver, type PointValue, ReadError, type ReadFailureCode, type ReadResult } from '../driver.ts';
import { applyScale } from '../scale.ts';
import type { HeldLink, SessionPool } from './session-pool.ts';

export interface OpcUaDriverOptions {
  connection: Extract<Connection, { protocol: 'opcua' }>;
  points: readonly OpcUaPoint[];
  sessions: SessionPool;
}

/** One meter object on an OPC UA server; all its variables are read in one request. */
export function createOpcUaDriver({ connection, points, sessions }: OpcUaDriverOptions): MeterDriver {
  let held: HeldLink | undefined;
  return {
    protocol: 'opcua',
    bus: connection.endpointUrl,
    async open() {
      held ??= sessions.acquire(connection);
    },
    async read() {
      const result: ReadResult = { values: [], failures: [], withoutValue: [] };
      try {
        if (!held) throw new ReadError('read-disconnected', 'The driver is not open');
        const paths = points.map(({ path }) => path);
        const values = await held.link.read(connection.object, paths);
        points.forEach((point, i) => {
          addValue(point, values[i], result);
        });
      } catch (cause) {
        const code: ReadFailureCode = cause instanceof ReadError ? cause.code : 'read-garbage';
        result.failures = points.map(({ quantity }) => ({ quantity, code }));
      }
      return result;
    },
    async close() {
      const letGo = held;
      held = undefined;
      await letGo?.release();
    },
  };
}

function addValue(point: OpcUaPoint, data: DataValue | undefined, result: ReadResult): void {
  const { quantity } = point;
  if (data === undefined) {
    result.failures.push({ quantity, code: 'read-refused' }); // no such variable on this server
    return;
  }
  const quality = qualityOf(data.statusCode.value);
  const raw = numeric(data.value.value);
  if (raw !== undefined) result.values.push({ quantity, value: applyScale(raw, point.scale), quality });
  else if (quality === 2) result.failures.push({ quantity, code: 'read-refused' });
  else if (data.value.value === null || Number.isNaN(data.value.value)) result.withoutValue.push(quantity);
  else result.failures.push({ quantity, code: 'read-garbage' });
}

/** OPC UA severity is the two top bits: Good, Uncertain, Bad. */
function qualityOf(statusCode: number): PointValue['quality'] {
  const severity = statusCode >>> 30;
  return severity === 0 ? 0 : severity === 1 ? 1 : 2;
}

/** Numbers as they are; 64-bit integers arrive as [high, low] pairs of 32 bits. */
function numeric(value: unknown): bigint | number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  const isPair = Array.isArray(value) && value.length === 2 && value.every((part) => Number.isInteger(part));
  if (!isPair) return undefined;
  const [high, low] = value as [number, number];
  return (BigInt(high | 0) << 32n) | BigInt(low >>> 0);
}
