import { createHash } from 'node:crypto';
import { GanzhiError } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { pointsOf } from '../city/sql.ts';

export interface ReplayMeter {
  meterId: number;
  meterCode: string;
  gatewayCode: string;
}

/**
 * Registers a meter for one replay under an institution, with a gateway of its own in simulated time.
 *
 * @throws GanzhiError `invalid-request` when the institution is not in the registry
 */
export async function registerReplayMeter(
  db: Db,
  options: { template: string; institution: string | undefined; token: string; intervalS: number },
): Promise<ReplayMeter> {
  const { template, institution, token, intervalS } = options;
  const found = await db.query<{ id: number; code: string }>(
    'select id, code from registry.institution where $1::text is null or code = $1 order by code limit 1',
    [institution ?? null],
  );
  const owner = found.rows[0];
  if (!owner)
    throw new GanzhiError('invalid-request', `--institution ${institution} is not in the registry (try CZ-0001).`);
  const number = await db.query<{ n: number }>(
    "select count(*)::int + 1 as n from registry.gateway where code like 'GW-REPLAY-%'",
  );
  const suffix = `REPLAY-${number.rows[0]?.n}`;
  const gatewayCode = `GW-${suffix}`;
  const meterCode = `${owner.code}-${suffix}`;
  const inserted = await db.query<{ id: number }>(
    `with g as (
       insert into registry.gateway (code, institution_id, name_zh, name_en, token_sha256, simulated_time)
       values ($1, $2, '回放网关', 'Replay gateway', $3, true) returning id
     )
     insert into registry.meter (code, institution_id, gateway_id, name_zh, name_en, medium, role, template, interval_s)
     select $4, $2, id, '回放电表', 'Replayed meter', 'electricity', 'main', $5, $6 from g returning id`,
    [gatewayCode, owner.id, createHash('sha256').update(token).digest(), meterCode, template, intervalS],
  );
  const meterId = inserted.rows[0]?.id ?? 0;
  await db.query('insert into registry.meter_ratio (meter_id) values ($1)', [meterId]);
  for (const point of pointsOf(meterCode, template)) {
    await db.query('insert into registry.point (meter_id, point, decimals, modulus) values ($1, $2, $3, $4)', [
      meterId,
      point.point,
      point.decimals,
      point.modulus,
    ]);
  }
  return { meterId, meterCode, gatewayCode };
}
