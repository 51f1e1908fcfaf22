import { HOUR } from '@ganzhi/schemas';
import { BLOCK_MS, type Grid, type Series } from '../rules/detect/blocks.ts';
import type { ListedMeter } from './meters.ts';
import type { Client } from './options.ts';

interface Row {
  readonly meterId: number;
  /** Block numbers, rates and lowest hours, as text. */
  readonly blocks: string;
  readonly rates: string;
  readonly lows: string;
}

/** An hour that values bear out for less is not known well enough. */
const COVERED_S = 3_000;

/** Consumption of meters in the blocks of a grid, from whole hours of the ledger; a block wants all of its three hours. */
export async function loadSeries(
  client: Client,
  meters: readonly ListedMeter[],
  grid: Grid,
): Promise<Map<number, Series>> {
  const { rows } = await client.query<Row>(
    `select meter_id as "meterId", string_agg(block::text, ',') as blocks, string_agg(rate::text, ',') as rates,
       string_agg(low::text, ',') as lows
     from (
       select w.meter_id, floor((extract(epoch from h.hour) - $6) / $7)::int4 as block,
         sum(h.counts::float8 * h.ratio) * w.unit_value / 3 as rate, min(h.counts::float8 * h.ratio) * w.unit_value as low
       from unnest($1::int4[], $2::int2[], $3::float8[]) as w(meter_id, point, unit_value)
       join ledger.hour h on h.meter_id = w.meter_id and h.point = w.point and h.hour >= $4 and h.hour < $5
         and h.covered_s >= ${COVERED_S}
       group by w.meter_id, w.unit_value, block having count(*) = 3) b
     group by meter_id`,
    [
      meters.map(({ id }) => id),
      meters.map(({ point }) => point),
      meters.map(({ unitValue }) => unitValue),
      new Date(grid.fromMs),
      new Date(grid.fromMs + grid.count * BLOCK_MS),
      grid.fromMs / 1_000,
      (3 * HOUR) / 1_000,
    ],
  );
  const known = new Map(rows.map((row) => [row.meterId, row]));
  return new Map(
    meters.map(({ id }) => {
      const rate = new Float64Array(grid.count).fill(Number.NaN);
      const low = new Float64Array(grid.count).fill(Number.NaN);
      const row = known.get(id);
      const [rates, lows] = [row?.rates.split(',') ?? [], row?.lows.split(',') ?? []];
      for (const [i, block] of (row?.blocks.split(',') ?? []).entries()) {
        rate[Number(block)] = Number(rates[i]);
        low[Number(block)] = Number(lows[i]);
      }
      return [id, { rate, low }];
    }),
  );
}
