import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Census,
  type CityGateway,
  type CityPopulation,
  DEFAULT_SEED,
  makeCensus,
  makePopulation,
} from '@ganzhi/gateway-firmware-sim/city';
import { GanzhiError, yearStart } from '@ganzhi/schemas';
import { loadSecrets, openDatabase, type Secrets, type Tx, withTx } from '@ganzhi/schemas/db';
import { z } from 'zod';
import {
  insertGateways,
  insertInstitutions,
  insertMeters,
  insertQuotas,
  insertReference,
  type RegistryMeter,
} from './sql.ts';

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
  const population = makePopulation({ seed: options.seed, sites: options.sites });
  const { tokens, epochMs } = await register(options, population, population);
  return {
    population,
    tokens,
    epochMs,
    institutions: population.institutions.length,
    sites: population.gateways.length,
    meters: population.meters.length,
  };
}

/** The census of the whole city in the registry: all institutions; gateways and meters of the first `sites` of them. */
export interface RegisteredCensus {
  census: Census;
  /** Token by gateway code. */
  tokens: Secrets;
}

/**
 * Writes the whole city's metering (every medium) into the registry, like `registerCity`.
 *
 * @throws GanzhiError `conflict` when the database holds a city of another seed
 */
export async function registerCensus(options: RegisterOptions): Promise<RegisteredCensus> {
  const census = makeCensus({ seed: options.seed, institutions: options.sites });
  const population = makePopulation({ seed: options.seed, sites: 0 });
  const { tokens } = await register(options, population, census);
  return { census, tokens };
}

async function register(
  { url, dataDir, seed, now = Date.now() }: RegisterOptions,
  city: Pick<CityPopulation, 'divisions' | 'types' | 'institutions' | 'quotas'>,
  metering: { gateways: readonly CityGateway[]; meters: readonly RegistryMeter[] },
): Promise<{ tokens: Secrets; epochMs: number }> {
  const folder = join(dataDir, 'gateways');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const tokens = loadSecrets(
    folder,
    metering.gateways.map((gateway) => gateway.code),
  );
  const db = await openDatabase({ url, role: 'ganzhi_owner', max: 1, name: 'ganzhi city' });
  try {
    const epochMs = await withTx(db, async (tx) => {
      const epoch = await cityEpoch(tx, seed, now);
      await insertReference(tx, city);
      await insertInstitutions(tx, city.institutions);
      await insertGateways(
        tx,
        metering.gateways.map((gateway) => ({ ...gateway, tokenSha256: sha256(tokens[gateway.code] ?? '') })),
      );
      await insertMeters(tx, metering.meters);
      await insertQuotas(tx, city.quotas, new Date(now + 8 * 3_600_000).getUTCFullYear());
      return epoch;
    });
    return { tokens, epochMs };
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
