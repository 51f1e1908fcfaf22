/** What a failed write means for the messages in it. */
export type WriteFault = 'data' | 'outage';

/**
 * SQLSTATE classes that accuse the row, so that trying again cannot help: cardinality, data, integrity, program limit. All
 * else (connection, resources, shutdown, deadlock, permission, missing table, plain network errors) is the server's state:
 * nothing is acknowledged and the write is tried again.
 */
const DATA_CLASSES = new Set(['21', '22', '23', '54']);

export function faultOf(error: unknown): WriteFault {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && code.length === 5 && DATA_CLASSES.has(code.slice(0, 2)) ? 'data' : 'outage';
}
