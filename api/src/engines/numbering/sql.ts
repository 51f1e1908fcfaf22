import { dateText } from '@ganzhi/schemas';
import type { Tx } from '@ganzhi/schemas/db';
import { writeNumber } from './rules.ts';

/**
 * Takes the next number of a series in the year (Asia/Shanghai) of `now`. Without gaps: the counter's row stays locked until
 * the caller's transaction ends, and a rollback gives the number back. Ask as late in the transaction as possible: others wait.
 *
 * @param series key and pattern, `{ code: 'rectification', pattern: '常机管节〔{year}〕{seq}号' }`
 */
export async function takeNumber(tx: Tx, series: { code: string; pattern: string }, now: number): Promise<string> {
  const year = Number(dateText(now).slice(0, 4));
  const { rows } = await tx.query<{ last: number }>(
    `insert into platform.number_series as s (code, year, last) values ($1, $2, 1)
     on conflict (code, year) do update set last = s.last + 1 returning last`,
    [series.code, year],
  );
  return writeNumber(series.pattern, year, rows[0]?.last ?? 0);
}
