/**
 * PostgreSQL's binary forms of what the hot path writes. Numbers as text cost both sides more: joined here, parsed there.
 * Sources: PostgreSQL documentation, "COPY, Binary Format", and the `*_send` functions (big-endian everywhere).
 */

/** Microseconds since 2000-01-01, the way a timestamptz travels, from epoch milliseconds. Exact between 1727 and 2272. */
const EPOCH_2000_MS = 946_684_800_000;
const TWO_32 = 4_294_967_296;

/** Writes a safe integer as 8 bytes; several times faster than by way of a bigint. */
function writeInt64(buffer: Buffer, value: number, at: number): void {
  buffer.writeInt32BE(Math.floor(value / TWO_32), at);
  buffer.writeUInt32BE(((value % TWO_32) + TWO_32) % TWO_32, at + 4);
}

const microseconds = (ts: number): number => (ts - EPOCH_2000_MS) * 1_000;

const OID = { int2: 21, int4: 23, int8: 20, timestamptz: 1184 } as const;
const ARRAY_HEADER = 20;

/** A one-dimensional array parameter without nulls; the driver sends a Buffer in binary form. */
function array(oid: number, width: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length === 0 ? 12 : ARRAY_HEADER + length * (4 + width));
  buffer.writeInt32BE(length === 0 ? 0 : 1, 0);
  buffer.writeInt32BE(0, 4);
  buffer.writeInt32BE(oid, 8);
  if (length === 0) return buffer;
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
}

export function int2Array<T>(rows: readonly T[], value: (row: T) => number): Buffer {
  const buffer = array(OID.int2, 2, rows.length);
  let at = ARRAY_HEADER;
  for (const row of rows) {
    buffer.writeInt32BE(2, at);
    buffer.writeInt16BE(value(row), at + 4);
    at += 6;
  }
  return buffer;
}

export function int4Array<T>(rows: readonly T[], value: (row: T) => number): Buffer {
  const buffer = array(OID.int4, 4, rows.length);
  let at = ARRAY_HEADER;
  for (const row of rows) {
    buffer.writeInt32BE(4, at);
    buffer.writeInt32BE(value(row), at + 4);
    at += 8;
  }
  return buffer;
}

export function int8Array<T>(rows: readonly T[], value: (row: T) => bigint): Buffer {
  const buffer = array(OID.int8, 8, rows.length);
  let at = ARRAY_HEADER;
  for (const row of rows) {
    buffer.writeInt32BE(8, at);
    buffer.writeBigInt64BE(value(row), at + 4);
    at += 12;
  }
  return buffer;
}

/** @param value epoch milliseconds, whole */
export function timestamptzArray<T>(rows: readonly T[], value: (row: T) => number): Buffer {
  const buffer = array(OID.timestamptz, 8, rows.length);
  let at = ARRAY_HEADER;
  for (const row of rows) {
    buffer.writeInt32BE(8, at);
    writeInt64(buffer, microseconds(value(row)), at + 4);
    at += 12;
  }
  return buffer;
}
