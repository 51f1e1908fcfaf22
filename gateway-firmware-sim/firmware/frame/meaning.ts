import { ERRORS, type ErrorCode } from '@ganzhi/schemas';
import { FrameError } from './wire/index.ts';

export const FRAME_PROTOCOLS = ['modbus', 'dlt645', 'cjt188'] as const;
export type FrameProtocol = (typeof FRAME_PROTOCOLS)[number];

/** A thing of a frame with its code and both names. */
export interface Named {
  code: string | number;
  zh: string;
  en: string;
}

/** One value; `null` where the meter says "no value". */
export interface FrameValue {
  name: { zh: string; en: string };
  value: number | string | null;
  unit?: string;
  /** Wire code of the project's quantities. */
  quantity?: string;
  identifier?: string;
  /** Zero-based register of a Modbus value. */
  register?: number;
  /** When a maximum demand occurred. */
  at?: string;
  /** The same in the quantity's unit, where that is another. */
  converted?: { value: number; unit: string };
}

/** Why a frame gives no values: it is not believed, or it is a meter's refusal. */
export interface FrameFailure extends Named {
  code: ErrorCode;
  detail: string;
  /** The meter's own words. */
  reasons?: readonly Named[];
}

/** What a frame says, as JSON. Without `error` the frame is good. */
export interface FrameMeaning {
  protocol: FrameProtocol;
  address?: string | number;
  direction?: 'request' | 'reply';
  /** Control code or function, hex for DL/T 645 and CJ/T 188. */
  control?: { code: string | number; name: string };
  error?: FrameFailure;
  identifier?: { code: string; zh?: string; en?: string };
  values?: FrameValue[];
  /** Contents that no table explains. */
  data?: string;
  [detail: string]: unknown;
}

/** A failure with the titles of the error table. */
export function failure(code: ErrorCode, detail: string, reasons?: readonly Named[]): FrameFailure {
  const { zh, en } = ERRORS[code];
  return { code, zh, en, detail, ...(reasons ? { reasons } : {}) };
}

/** `known` and what `rest` adds; when the contents are refused, `known` and the failure. */
export function explained(known: FrameMeaning, rest: () => Partial<FrameMeaning>): FrameMeaning {
  try {
    return { ...known, ...rest() };
  } catch (refusal) {
    if (refusal instanceof FrameError) return { ...known, error: failure(refusal.code, refusal.message) };
    throw refusal;
  }
}
