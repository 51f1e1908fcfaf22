import { SECOND, shanghaiText, toNumber } from '@ganzhi/schemas';
import type { z } from 'zod';
import { energyNumber, energyOf } from '../../lib/energy.ts';
import { instantOrNull } from '../../lib/time.ts';
import type { MeterItem, Points } from './schema.ts';
import type { MeterRow, PointRow } from './sql.ts';

/** A row as the API shows it. A reading a little ahead of our clock is zero seconds old. */
export function itemOf(row: MeterRow, now: number): z.infer<typeof MeterItem> {
  const { last_reading_at: last, failure_code: code, failing_since: since, power_kw: power } = row;
  return {
    id: row.id,
    code: row.code,
    nameZh: row.name_zh,
    nameEn: row.name_en,
    institutionId: row.institution_id,
    medium: row.medium,
    role: row.role,
    itemCode: row.item_code,
    parentId: row.parent_id,
    template: row.template,
    gatewayCode: row.gateway_code,
    intervalS: row.interval_s,
    lastReadingAt: instantOrNull(last),
    ageS: last === null ? null : Math.max(0, Math.floor((now - last) / SECOND)),
    failure: code === null || since === null ? null : { code, since: shanghaiText(since) },
    powerKw: power === null ? null : energyNumber(energyOf(power)),
  };
}

export function pointOf(row: PointRow): z.infer<typeof Points>['items'][number] {
  const { ts, value, quality, decimals } = row;
  return {
    quantity: row.quantity,
    nameZh: row.name_zh,
    nameEn: row.name_en,
    unit: row.unit,
    kind: row.kind,
    decimals,
    latest:
      ts === null || value === null || quality === null
        ? null
        : { at: shanghaiText(ts), value: toNumber(value, decimals), quality },
  };
}
