import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CityPopulation, DEFAULT_SEED, makePopulation } from '@ganzhi/gateway-firmware-sim/city';
import { GanzhiError, yearStart } from '@ganzhi/schemas';
import { loadSecrets, openDatabase, type Secrets, type Tx, withTx } from '@ganzhi/schemas/db';
import { z } from 'zod';
import { insertGateways, insertInstitutions, insertMeters, insertQuotas, insertReference } from './sql.ts';

export const CITY_SEED = DEFAULT_SEED;

export interface RegisterOptions {
  /** Log-in that may act as the owner. */
  url: string;
  /** The gateways' tokens are kept in its subfolder `gateways`. */
  dataDir: string;
  seed: number;
  sites: number;
  now?: number;
}

export interface RegisteredCity {
  population: CityPopulation;
  /** Token by gateway code. */
  tokens: Secrets;
  /** Registers of the simulated meters count from here, epoch milliseconds: kept, so that a restart continues them. */
  epochMs: number;
  institutions: number;
  sites: number;
  meters: number;
}

const CitySetting = z.object({ seed: z.int(), epochMs: z.int() });

/**
 * Writes the simulated city into the registry, in one transaction: institutions, and the gateways, meters and quotas of the
 * metered sites. Idempotent; more sites may be added later, none is ever removed.
 *
 * @throws GanzhiError `conflict` when the database holds a city of another seed
 */
export async function registerCity(options: RegisterOptions): Promise<RegisteredCity> {
  const { url, dataDir, seed, sites, now = Date.now() } = options;
  const population = makePopulation({ seed, sites });
  const folder = join(dataDir, 'gateways');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const tokens = loadSecrets(
    folder,
    population.gateways.map((gateway) => gateway.code),
  );
  const db = await openDatabase({ url, role: 'ganzhi_owner', max: 1, name: 'ganzhi city' });
  try {
    const epochMs = await withTx(db, async (tx) => {
      const epoch = await cityEpoch(tx, seed, now);
      await insertReference(tx, population);
      await insertInstitutions(tx, population.institutions);
      await insertGateways(
        tx,
        population.gateways.map((gateway) => ({ ...gateway, tokenSha256: sha256(tokens[gateway.code] ?? '') })),
      );
      await insertMeters(tx, population.meters);
      await insertQuotas(tx, population.quotas, new Date(now + 8 * 3_600_000).getUTCFullYear());
      return epoch;
    });
    return {
      population,
      tokens,
      epochMs,
      institutions: population.institutions.length,
      sites: population.gateways.length,
      meters: population.meters.length,
    };
  } finally {
    await db.end();
  }
}

async function cityEpoch(tx: Tx, seed: number, now: number): Promise<number> {
  const fresh = { seed, epochMs: yearStart(new Date(now).getUTCFullYear() - 1) };
  const { rows } = await tx.query<{ value: unknown }>(
    `insert into platform.setting (key, value) values ('city', $1)
     on conflict (key) do update set value = setting.value returning value`,
    [JSON.stringify(fresh)],
  );
  const kept = CitySetting.parse(rows[0]?.value);
  if (kept.seed !== seed) {
    throw new GanzhiError(
      'conflict',
      `The database holds the simulated city of seed ${kept.seed}. Start with --seed ${kept.seed}, or use another GANZHI_DATA_DIR or DATABASE_URL.`,
    );
  }
  return kept.epochMs;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
