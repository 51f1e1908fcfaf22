import { DAY } from '../../time.ts';
import type { Queryable } from '../queryable.ts';

/** A month (plain) or a chunk (TimescaleDB) of a series. */
export interface StorageChunk {
  series: string;
  /** Epoch ms, [fromTs, toTs). */
  fromTs: number;
  toTs: number;
  /** Null where the flavour has no compression. */
  compressed: boolean | null;
  /** Table, indexes and TOAST. */
  bytes: number;
  rows: number;
}

/** A series at one age: how much a reading costs there. */
export interface StorageAge {
  series: string;
  /** Whole days since the newest instant of these chunks: at least `fromDays`, less than `toDays` (null: no end). */
  fromDays: number;
  toDays: number | null;
  chunks: number;
  compressedChunks: number;
  bytes: number;
  rows: number;
  /** Null where there are no rows to divide by. */
  bytesPerMillionRows: number | null;
}

/** Ages that matter: fresh, waiting for compression, this quarter, this year, older. */
const AGES: readonly [fromDays: number, toDays: number | null][] = [
  [0, 7],
  [7, 30],
  [30, 92],
  [92, 366],
  [366, null],
];

/**
 * All chunks of both series, oldest first.
 *
 * @param exact count every row (reads everything) instead of taking the server's estimate
 */
export async function storageChunks(client: Queryable, exact = false): Promise<StorageChunk[]> {
  const { rows } = await client.query<StorageChunk>(
    `select series, extract(epoch from from_ts)::float8 * 1000 as "fromTs", extract(epoch from to_ts)::float8 * 1000 as "toTs",
       compressed, bytes::float8 as bytes, greatest(estimated_rows, 0)::float8 as rows
     from metering.storage_chunks()`,
  );
  if (!exact) return rows;
  for (const chunk of rows) {
    const [table, time] = chunk.series === 'ledger.hour' ? ['ledger.hour', 'hour'] : ['metering.reading', 'ts'];
    const counted = await client.query<{ n: number }>(
      `select count(*)::float8 as n from ${table} where ${time} >= $1::timestamptz and ${time} < $2::timestamptz`,
      [new Date(chunk.fromTs).toISOString(), new Date(chunk.toTs).toISOString()],
    );
    chunk.rows = counted.rows[0]?.n ?? 0;
  }
  return rows;
}

/** Growth by age. Pure. @param now epoch ms */
export function storageByAge(chunks: readonly StorageChunk[], now: number): StorageAge[] {
  const names = [...new Set(chunks.map(({ series }) => series))];
  return names.flatMap((series) =>
    AGES.flatMap(([fromDays, toDays]) => {
      const here = chunks.filter((chunk) => {
        const age = Math.max(0, Math.floor((now - chunk.toTs) / DAY));
        return chunk.series === series && age >= fromDays && (toDays === null || age < toDays);
      });
      if (here.length === 0) return [];
      const bytes = here.reduce((total, chunk) => total + chunk.bytes, 0);
      const rows = here.reduce((total, chunk) => total + chunk.rows, 0);
      const compressedChunks = here.filter(({ compressed }) => compressed === true).length;
      const bytesPerMillionRows = rows > 0 ? Math.round((bytes / rows) * 1e6) : null;
      return [{ series, fromDays, toDays, chunks: here.length, compressedChunks, bytes, rows, bytesPerMillionRows }];
    }),
  );
}
