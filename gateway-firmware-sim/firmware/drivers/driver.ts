import type { ErrorCode } from '@ganzhi/schemas';

/** Codes a failed read can carry; all stand in the error table. */
export type ReadFailureCode = Extract<ErrorCode, `read-${string}`>;

export interface PointValue {
  quantity: string;
  /** In the quantity's unit; a decimal string beyond 2^53. */
  value: number | string;
  quality: 0 | 1 | 2;
}

export interface PointFailure {
  quantity: string;
  code: ReadFailureCode;
}

/** What one read of one meter gave: values and failures add up to the points asked for, less those without a value. */
export interface ReadResult {
  values: PointValue[];
  failures: PointFailure[];
  /** Points whose register says "no value" (sentinel, NaN): neither zero nor a failure of the meter. */
  withoutValue: string[];
}

/**
 * One meter behind one protocol: the only thing the scanner knows of drivers.
 *
 * `open` checks and prepares, and may leave connecting to the first read; `read` never throws, a dead meter is a result;
 * `close` undoes `open` and may be called twice.
 */
export interface MeterDriver {
  readonly protocol: string;
  /** Meters with the same bus are read one after the other; different buses in parallel. */
  readonly bus: string;
  open(): Promise<void>;
  read(): Promise<ReadResult>;
  close(): Promise<void>;
}

/** Thrown inside drivers; `read` turns it into point failures. */
export class ReadError extends Error {
  readonly code: ReadFailureCode;
  /** A refusal that names the data, not the moment: asking again is useless, asking for less may help. */
  readonly hasNoSuchData: boolean;

  constructor(code: ReadFailureCode, message: string, options: { cause?: unknown; hasNoSuchData?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ReadError';
    this.code = code;
    this.hasNoSuchData = options.hasNoSuchData ?? false;
  }
}
