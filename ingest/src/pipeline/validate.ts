import { type ErrorCode, MINUTE } from '@ganzhi/schemas';
import type { GatewayEntry } from '../registry/load.ts';

/** A gateway's clock is checked, not trusted (design §5). */
export const FUTURE_TOLERANCE_MS = 5 * MINUTE;
const EARLIEST = Date.UTC(2000, 0, 1);
/** Simulated time may run ahead, but not into centuries that would each ask for partitions. */
const LATEST = Date.UTC(2100, 0, 1);

/** Why a time cannot be stored, or undefined when it can. @param t epoch ms @param now server's epoch ms */
export function timeFault(t: number, now: number, gateway: GatewayEntry): ErrorCode | undefined {
  if (t < EARLIEST || t >= LATEST) return 'invalid-time';
  if (t > now + FUTURE_TOLERANCE_MS && !gateway.simulatedTime) return 'future-time';
  return undefined;
}
