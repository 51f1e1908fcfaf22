import type { ReadingInput } from '../src/sql/insert-readings.ts';

export type CopyRow = ReadingInput & { batchId: bigint };

const EPOCH_2000_MS = 946_684_800_000;
/** "PGCOPY\n\377\r\n\0", flags, length of the header's extension (PostgreSQL documentation, COPY, Binary Format). */
const HEADER = Buffer.from('5047434f50590aff0d0a000000000000000000', 'hex');
const ROW_BYTES = 58;

/** A whole binary COPY of rows of metering.reading, in the order of its columns. */
export function copyRows(rows: readonly CopyRow[]): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER.length + rows.length * ROW_BYTES + 2);
  let at = HEADER.copy(buffer);
  for (const { meterId, point, quality, ts, counts, batchId } of rows) {
    at = buffer.writeInt16BE(6, at);
    at = buffer.writeInt32BE(4, at);
    at = buffer.writeInt32BE(meterId, at);
    at = buffer.writeInt32BE(2, at);
    at = buffer.writeInt16BE(point, at);
    at = buffer.writeInt32BE(2, at);
    at = buffer.writeInt16BE(quality, at);
    at = buffer.writeInt32BE(8, at);
    at = buffer.writeBigInt64BE(BigInt(ts - EPOCH_2000_MS) * 1_000n, at);
    at = buffer.writeInt32BE(8, at);
    at = buffer.writeBigInt64BE(counts, at);
    at = buffer.writeInt32BE(8, at);
    at = buffer.writeBigInt64BE(batchId, at);
  }
  buffer.writeInt16BE(-1, at);
  return buffer;
}
