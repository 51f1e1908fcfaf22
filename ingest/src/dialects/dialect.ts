/** One value as another maker's gateway names it. */
export interface Sample {
  device: string;
  tag: string;
  /** Epoch milliseconds; checked later, like every reading's. */
  t: number;
  x: unknown;
  /** Quality as in the native protocol, where the dialect tells one; good unless said. */
  q?: number;
}

/** A tag that could not be read; `code` of schemas/src/errors.ts. */
export interface TagFailure {
  device: string;
  tag: string;
  t: number;
  code: string;
}

/** A value that cannot be named: kept for a person, as far as it is known. */
export interface Stray {
  detail: string;
  reading: unknown;
}

/** What a message says, before anybody asks which meter is meant. */
export interface Report {
  samples: readonly Sample[];
  failures: readonly TagFailure[];
  strays?: readonly Stray[];
  /** True when the message carries no time of its own, so that the server's was taken. */
  stamped: boolean;
  /** True for a backlog that says so; otherwise the age of the values tells. */
  replay?: boolean;
}

/** Reads the bytes of a message; a sentence says why they are none of its dialect. @param now server's epoch ms */
export type Reader = (payload: Buffer, now: number) => Report | string;

/**
 * A dialect: pure, from the JSON of a message to what it says, or to a sentence that names why it is none of this dialect.
 *
 * @param now server's epoch ms, for messages without a time
 */
export type Dialect = (message: unknown, now: number) => Report | string;
