import type { Db, Tx } from '@ganzhi/schemas/db';
import type { Place } from '../rules/alarm/fold.ts';

/** Where a meter hangs, and what it counts. */
export interface MeterPlace extends Place {
  readonly medium: string;
  /** Unit of the booked counter. */
  readonly unit: string;
}

/**
 * Meters in use.
 *
 * @param institutionIds null: of the whole city
 */
export async function readPlaces(db: Db | Tx, institutionIds: readonly number[] | null): Promise<MeterPlace[]> {
  const { rows } = await db.query<MeterPlace & { intervalS: number }>(
    `select m.id as "meterId", m.gateway_id as "gatewayId", m.institution_id as "institutionId",
       i.division_code as "divisionCode", m.interval_s as "intervalS", m.medium, q.unit,
       coalesce(m.connection #>> '{line,path}', m.connection ->> 'endpoint',
         coalesce(m.connection #>> '{line,host}', m.connection ->> 'host') || ':' ||
         coalesce(m.connection #>> '{line,port}', m.connection ->> 'port')) as bus
     from registry.meter m
     join registry.institution i on i.id = m.institution_id
     join registry.quantity q on q.id = registry.booked_point(m.medium)
     where m.retired_at is null and ($1::int4[] is null or m.institution_id = any($1))`,
    [institutionIds],
  );
  return rows.map(({ intervalS, ...row }) => ({ ...row, intervalMs: intervalS * 1_000 }));
}
