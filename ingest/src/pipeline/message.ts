import type { ErrorCode } from '@ganzhi/schemas';
import type { GatewayEntry } from '../registry/load.ts';

/** The door a message came through, for the metrics. */
export type Source = 'mqtt' | 'http' | 'collector' | 'quarantine';

/** One value on its way to `metering.reading`: codes resolved, value counted in the point's resolution. */
export interface Row {
  meterId: number;
  point: number;
  /** Epoch milliseconds. */
  ts: number;
  counts: bigint;
  quality: number;
}

/** "Read failed" of a meter, which differs from silence. */
export interface FailureRow {
  meterId: number;
  ts: number;
  code: string;
}

/** Something that is kept for a person instead of being stored: what, why, and (for a reading) where it stood. */
export interface Quarantined {
  /** Index in the message's readings; absent for a whole message. */
  i?: number;
  code: ErrorCode;
  detail: string;
  /** JSON text that PostgreSQL accepts, see quarantine.ts. */
  payload: string;
}

/** A message after decode, resolve and validate: all that the writer needs. */
export interface Message {
  gateway: GatewayEntry;
  source: Source;
  /** Absent when the message could not be parsed: nothing but quarantine is written then. */
  head?: { batch: string; seq: number; replay: boolean; readings: number };
  /** SHA-256 of the message as received. */
  digest: Buffer;
  receivedAt: number;
  rows: readonly Row[];
  failures: readonly FailureRow[];
  quarantined: readonly Quarantined[];
  /** As received; kept until commit for the case that the database refuses a row. */
  payload: Buffer;
}

/** What became of a message, known after commit. */
export interface Outcome {
  result: 'stored' | 'duplicate' | 'rejected';
  quarantined: readonly Quarantined[];
}
