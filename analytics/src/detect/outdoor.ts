import { BLOCK_MS, type Grid } from '../rules/detect/blocks.ts';
import type { Client } from './options.ts';

/** Mean outdoor temperature of the blocks of a grid, over the stations on record; NaN where none tells. */
export async function loadOutdoor(client: Client, grid: Grid): Promise<Float64Array> {
  const { rows } = await client.query<{ block: number; celsius: number }>(
    `select floor((extract(epoch from hour) - $3) / $4)::int4 as block, avg(mean_c)::float8 as celsius
     from energy.temperature_hour where hour >= $1 and hour < $2 group by block`,
    [new Date(grid.fromMs), new Date(grid.fromMs + grid.count * BLOCK_MS), grid.fromMs / 1_000, BLOCK_MS / 1_000],
  );
  const outdoor = new Float64Array(grid.count).fill(Number.NaN);
  for (const { block, celsius } of rows) outdoor[block] = celsius;
  return outdoor;
}
