import { powerUsageEffectiveness, rational } from '@ganzhi/analytics/rules';
import type { z } from 'zod';
import type { InstitutionIndicators } from './schema.ts';
import type { RoomMeter } from './sql.ts';

/** Electricity of data rooms and of their IT, and the ratio of both; null where no meter is named for it. */
export function roomOf(meters: readonly RoomMeter[]): z.infer<typeof InstitutionIndicators>['dataCentre'] {
  if (meters.length === 0) return null;
  const sum = (purpose: RoomMeter['purpose']): rational.Rational | null => {
    const known = meters.flatMap((one) => (one.purpose === purpose && one.energy !== null ? [one.energy] : []));
    return known.length === 0 ? null : rational.sum(known.map((text) => rational.decimal(text)));
  };
  const [total, it] = [sum('data-centre'), sum('it')];
  const ratio = total && it ? powerUsageEffectiveness(total, it) : null;
  const missing = meters.filter((one) => one.missing).map(({ code }) => code);
  return {
    totalKwh: total && rational.toNumber(total),
    itKwh: it && rational.toNumber(it),
    powerUsageEffectiveness: ratio && rational.toNumber(ratio),
    atLeast: missing.length > 0,
    missing: [...new Set(missing)],
  };
}
