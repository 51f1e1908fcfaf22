import { createHash } from 'node:crypto';
import type { Db } from '../db/open.ts';
import { quantityByCode } from '../quantities.ts';

/** A small registry for tests: one institution, its gateways and meters, written as the owner would. */
export interface MeterSpec {
  code: string;
  gateway?: string;
  parent?: string;
  ct?: number;
  intervalS?: number;
  /** Quantity code → decimals; default: energy.import 2, power 3. */
  points?: Readonly<Record<string, number>>;
  modulus?: bigint;
}

export interface RegistrySpec {
  institution?: string;
  division?: string;
  gateways?: readonly string[];
  meters?: readonly MeterSpec[];
}

export interface FixtureRegistry {
  institutionId: number;
  /** Database id by meter code. */
  meters: ReadonlyMap<string, number>;
}

/** Token of every fixture gateway: `token-of-<code>`. */
export const fixtureToken = (gateway: string): string => `token-of-${gateway}`;

/** @param owner a pool opened as `ganzhi_owner` */
export async function fixtureRegistry(owner: Db, spec: RegistrySpec = {}): Promise<FixtureRegistry> {
  const { institution = 'CZ-0001', division = '320412', gateways = ['GW-0001'], meters = [{ code: 'M-1' }] } = spec;
  await owner.query(
    `insert into registry.division (code, name_zh, name_en, sort_order) values ($1, '武进区', 'Wujin', 5) on conflict do nothing`,
    [division],
  );
  await owner.query(
    `insert into registry.institution_type values ('office', '机关', 'Government office') on conflict do nothing`,
  );
  const institutionId = await insertedId(
    owner,
    `insert into registry.institution (code, name_zh, name_en, type_code, division_code, area_m2, headcount)
     values ($1, '测试机关', 'Test office', 'office', $2, 3000, 100) returning id`,
    [institution, division],
  );
  const gatewayIds = new Map<string, number>();
  for (const code of gateways) {
    const token = createHash('sha256').update(fixtureToken(code)).digest();
    const id = await insertedId(
      owner,
      `insert into registry.gateway (code, institution_id, name_zh, name_en, token_sha256)
       values ($1, $2, '网关', 'Gateway', $3) returning id`,
      [code, institutionId, token],
    );
    gatewayIds.set(code, id);
  }
  const ids = new Map<string, number>();
  for (const meter of meters) {
    ids.set(
      meter.code,
      await insertMeter(owner, institutionId, meter, gatewayIds.get(meter.gateway ?? gateways[0] ?? ''), ids),
    );
  }
  return { institutionId, meters: ids };
}

async function insertMeter(
  owner: Db,
  institutionId: number,
  meter: MeterSpec,
  gatewayId: number | undefined,
  known: ReadonlyMap<string, number>,
): Promise<number> {
  const { code, parent, ct = 1, intervalS = 900, points = { 'energy.import': 2, power: 3 }, modulus } = meter;
  const id = await insertedId(
    owner,
    `insert into registry.meter (code, institution_id, gateway_id, parent_id, name_zh, name_en, medium, role, template, interval_s)
     values ($1, $2, $3, $4, '表', 'Meter', 'electricity', $5, 'eastron-sdm630', $6) returning id`,
    [code, institutionId, gatewayId ?? null, parent ? known.get(parent) : null, parent ? 'sub' : 'main', intervalS],
  );
  await owner.query('insert into registry.meter_ratio (meter_id, ct) values ($1, $2)', [id, ct]);
  for (const [point, decimals] of Object.entries(points)) {
    const quantity = quantityByCode(point);
    if (!quantity) throw new Error(`fixture: unknown quantity ${point}`);
    await owner.query('insert into registry.point (meter_id, point, decimals, modulus) values ($1, $2, $3, $4)', [
      id,
      quantity.id,
      decimals,
      quantity.kind === 'counter' ? (modulus ?? null) : null,
    ]);
  }
  return id;
}

async function insertedId(owner: Db, sql: string, parameters: unknown[]): Promise<number> {
  const { rows } = await owner.query<{ id: number }>(sql, parameters);
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('fixture: nothing was inserted');
  return id;
}
