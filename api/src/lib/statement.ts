import { createHash } from 'node:crypto';
import type { QueryConfig } from 'pg';

/** Collects the parameters of a statement that is put together from parts; values never enter the text. */
export class Parameters {
  readonly values: unknown[] = [];

  /** Adds a value and gives its placeholder. */
  readonly bind = (value: unknown): string => `$${this.values.push(value)}`;
}

const names = new Map<string, string>();

/**
 * A statement that is planned once a connection, for all values, and kept (`queryUnderClaim`). For few and often: a plan stays
 * in the memory of every connection, so never for a text that a caller can vary at will.
 */
export function prepared(text: string, values: unknown[]): QueryConfig<unknown[]> {
  const name = names.get(text) ?? createHash('sha256').update(text).digest('base64url').slice(0, 20);
  names.set(text, name);
  return { name, text, values };
}
