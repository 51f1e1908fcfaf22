import { dateText } from '@ganzhi/schemas';
import type { Db, Tx } from '@ganzhi/schemas/db';
import { meanPrice } from '../rules/alarm/price.ts';
import { type Finding, rounded } from '../rules/detect/finding.ts';
import type { CalendarOverrides, DayType } from '../rules/energy/calendar.ts';
import { inForce, timeline } from '../rules/energy/dated.ts';
import { TariffContent } from '../rules/energy/tariff.ts';

interface AssignedRow {
  institutionId: number;
  medium: string;
  tariffCode: string;
  validFrom: string;
  recordedAt: number;
}
interface TariffRow {
  id: number;
  code: string;
  validFrom: string;
  recordedAt: number;
  content: unknown;
}

/** What extra use costs by the tariffs on file; estimates only. */
export interface Prices {
  /** Undefined without an extra use, or without a tariff on file for that institution and medium. */
  of(
    finding: Finding,
    at: { institutionId: number; medium: string },
  ): { tariffId: number; cny: number; monthlyCny: number } | undefined;
}

export async function readPrices(db: Db | Tx, institutionIds: readonly number[], nowMs: number): Promise<Prices> {
  const { rows: assigned } = await db.query<AssignedRow>(
    `select a.institution_id as "institutionId", c.medium, a.tariff_code as "tariffCode", a.valid_from as "validFrom",
       a.recorded_at as "recordedAt"
     from energy.tariff_assignment a join energy.carrier c on c.code = a.carrier
     where a.institution_id = any($1::int4[]) and c.medium is not null`,
    [institutionIds],
  );
  const { rows: tariffs } = await db.query<TariffRow>(
    `select id, code, valid_from as "validFrom", recorded_at as "recordedAt", content from energy.tariff
     where code = any($1::text[])`,
    [[...new Set(assigned.map(({ tariffCode }) => tariffCode))]],
  );
  const overrides = tariffs.length === 0 ? new Map<string, DayType>() : await readOverrides(db);
  const byPlace = Map.groupBy(assigned, ({ institutionId, medium }) => `${institutionId}/${medium}`);
  const byCode = Map.groupBy(tariffs, ({ code }) => code);
  return {
    of: (finding, { institutionId, medium }) => {
      if (!finding.extra) return undefined;
      const day = dateText(finding.toMs ?? nowMs);
      const assignment = inForce(timeline(byPlace.get(`${institutionId}/${medium}`) ?? []), day);
      const tariff = assignment && inForce(timeline(byCode.get(assignment.tariffCode) ?? []), day);
      if (!tariff) return undefined;
      const price = meanPrice(TariffContent.parse(tariff.content), finding, nowMs, overrides);
      return {
        tariffId: tariff.id,
        cny: rounded(finding.extra.amount * price, 2),
        monthlyCny: rounded(finding.extra.perMonth * price, 2),
      };
    },
  };
}

/** Days that people said are otherwise than the notices; the latest record of a day holds. */
export async function readOverrides(db: Db | Tx): Promise<CalendarOverrides> {
  const { rows } = await db.query<{ day: string; dayType: DayType }>(
    `select distinct on (day) day, day_type as "dayType" from energy.calendar_override order by day, recorded_at desc`,
  );
  return new Map(rows.map(({ day, dayType }) => [day, dayType]));
}
