import { createHash } from 'node:crypto';
import { quantityByCode } from '@ganzhi/schemas';
import type { Db } from '@ganzhi/schemas/db';
import { DECIMALS, METERS, POINTS, TOKEN } from './load-plan.ts';

/** Database numbers of `POINTS`. */
export const POINT_IDS: readonly number[] = POINTS.map((code) => quantityByCode(code)?.id ?? 0);

/** Registers gateways and meters as `load-plan.ts` names and numbers them. @param owner pool of the owner on an empty registry */
export async function registerCity(owner: Db, gateways: number): Promise<void> {
  await owner.query(`
    insert into registry.division values ('320412', null, '武进区', 'Wujin', 5);
    insert into registry.institution_type values ('office', '机关', 'Office');
    insert into registry.institution (code, name_zh, name_en, type_code, division_code, area_m2, headcount)
      values ('CZ-1', '机关', 'Office', 'office', '320412', 3000, 100)`);
  await owner.query(
    `insert into registry.gateway (code, institution_id, name_zh, name_en, token_sha256)
     select 'GW-' || g || '-X', 1, '网关', 'Gateway', $2 from generate_series(0, $1 - 1) g order by g`,
    [gateways, createHash('sha256').update(TOKEN).digest()],
  );
  await owner.query(
    `insert into registry.meter (code, institution_id, gateway_id, name_zh, name_en, medium, role, template)
     select code || '-' || n, 1, id, '表', 'Meter', 'electricity', 'main', 'eastron-sdm630'
     from registry.gateway, generate_series(1, $1) n order by id, n`,
    [METERS],
  );
  await owner.query(
    'insert into registry.point (meter_id, point, decimals) select m.id, p, $2 from registry.meter m, unnest($1::int2[]) p',
    [POINT_IDS, DECIMALS],
  );
  await owner.query('analyze');
}
