import { BOOKED_COUNTER } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { DAYS, DECISIONS, EFFECTIVE, ENTRIES, MOVEMENT, STEP } from './sql.ts';

/**
 * Proof of the ledger from raw readings, by a second implementation: SQL window functions, no code of the rules.
 *
 * - movement: last - first register of each meter that stood there, plus the modulus for each rollover, equals the counts
 *   of all hours and spans;
 * - hour, span: each of them is what the registers around it say;
 * - decision: readings set aside are those that the decision names, and none of them lies on the way;
 * - day: each stored day is the energy of its hours and of the spans inside it.
 *
 * The effective value of a key is the best quality but never 2, then the latest received; |register x largest ratio|
 * beyond 10^16 is not a register.
 */
export interface Difference {
  readonly meterCode: string;
  readonly point: string;
  readonly kind: 'movement' | 'hour' | 'span' | 'decision' | 'day';
  /** Start of the hour or span in Shanghai time, or the day and its class; null for the whole register. */
  readonly at: string | null;
  /** By the registers; null when there should be no such row. Counts; for a day energy counts (counts x ratio), for a decision readings. */
  readonly expected: bigint | null;
  /** In the ledger; null when the row is missing. */
  readonly found: bigint | null;
}

export interface Conservation {
  /** Registers compared. */
  readonly meters: number;
  /** Marks of these meters that still wait: differences may be work in progress. */
  readonly pendingMarks: number;
  readonly differences: readonly Difference[];
}

/**
 * @param options.meterCodes only these meters; default: all
 * @returns an empty list of differences when the ledger is right to the count
 */
export async function checkConservation(
  db: Db,
  options: { readonly meterCodes?: readonly string[] } = {},
): Promise<Conservation> {
  const meterCodes = options.meterCodes ?? null;
  const parameters = [Object.values(BOOKED_COUNTER).map(({ id }) => id), meterCodes];
  const client = await db.connect();
  let broken: Error | undefined;
  try {
    // one view of readings, ledger and queue, however busy the database is
    await client.query('begin isolation level repeatable read');
    // whole tables are read once and hashed; on tables not analysed yet the planner would loop over them instead
    if (!meterCodes) await client.query('set local enable_nestloop = off');
    await client.query(EFFECTIVE, parameters);
    await client.query('analyze check_effective');
    await client.query(STEP, parameters);
    await client.query('analyze check_step');
    const registers = await client.query<Omit<Difference, 'kind'>>(MOVEMENT, parameters);
    const entries = await client.query<Difference>(ENTRIES, parameters);
    const decisions = await client.query<Omit<Difference, 'kind'>>(DECISIONS, parameters);
    const days = await client.query<Omit<Difference, 'kind'>>(DAYS, parameters);
    const pending = await client.query<{ n: number }>(
      `select count(*)::int4 as n from metering.dirty_span d join registry.meter m on m.id = d.meter_id
       where $1::text[] is null or m.code = any($1)`,
      [meterCodes],
    );
    // only temporary tables were written
    await client.query('rollback');
    const moved = registers.rows.filter(({ expected, found }) => expected !== found);
    return {
      meters: registers.rows.length,
      pendingMarks: pending.rows[0]?.n ?? 0,
      differences: [
        ...moved.map((row): Difference => ({ ...row, kind: 'movement' })),
        ...entries.rows,
        ...decisions.rows.map((row): Difference => ({ ...row, kind: 'decision' })),
        ...days.rows.map((row): Difference => ({ ...row, kind: 'day' })),
      ],
    };
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
