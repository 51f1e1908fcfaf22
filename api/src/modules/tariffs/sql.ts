import type { TariffContent } from '@ganzhi/analytics/rules';
import type { Db, Tx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { asKnown, ledgerTable, meterDaysOf } from '../../energy/known.ts';
import { type Days, dayInstant } from '../../lib/day.ts';
import { cut, decodeCursor } from '../../lib/page.ts';
import type { Assignment, NewAssignment, NewTariff, Tariff } from './schema.ts';

type TariffRow = z.infer<typeof Tariff>;
const COLUMNS = `id, code, carrier, name_zh as "nameZh", name_en as "nameEn", valid_from as "validFrom", content,
  source_document as "sourceDocument", sample, recorded_by as "recordedBy"`;

export async function listTariffs(db: Db, filter: { limit: number; cursor?: string | undefined }) {
  const after = decodeCursor('id', filter.cursor, { value: 'numeric', id: 'int4' });
  const { rows } = await db.query<TariffRow>(
    `select ${COLUMNS} from energy.tariff where id > $1::int4 order by id limit $2`,
    [after?.id ?? 0, filter.limit + 1],
  );
  return cut(rows, filter.limit, 'id', (row) => ({ value: String(row.id), id: String(row.id) }));
}

export async function insertTariff(tx: Tx, tariff: z.infer<typeof NewTariff>, by: string, at: number) {
  const { rows } = await tx.query<TariffRow>(
    `insert into energy.tariff (code, carrier, name_zh, name_en, valid_from, content, source_document, sample, recorded_by,
       recorded_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ${COLUMNS}`,
    [
      tariff.code,
      tariff.carrier,
      tariff.nameZh,
      tariff.nameEn,
      tariff.validFrom,
      JSON.stringify(tariff.content),
      tariff.sourceDocument,
      tariff.sample,
      by,
      new Date(at),
    ],
  );
  return rows[0];
}

/** Undefined when no tariff of the carrier has the code. */
export async function insertAssignment(
  tx: Tx,
  institutionId: number,
  row: z.infer<typeof NewAssignment>,
  by: string,
  at: number,
): Promise<z.infer<typeof Assignment> | undefined> {
  const { rows } = await tx.query<z.infer<typeof Assignment>>(
    `insert into energy.tariff_assignment (institution_id, carrier, tariff_code, valid_from, source_document, recorded_by,
       recorded_at)
     select $1, $2, $3, $4::date, $5, $6, $7
     where exists (select from energy.tariff t where t.code = $3 and t.carrier = $2)
     returning id, institution_id as "institutionId", carrier, tariff_code as "tariffCode", valid_from as "validFrom",
       source_document as "sourceDocument"`,
    [institutionId, row.carrier, row.tariffCode, row.validFrom, row.sourceDocument, by, new Date(at)],
  );
  return rows[0];
}

export interface DatedTariff {
  id: number;
  code: string;
  validFrom: string;
  recordedAt: number;
  content: z.input<typeof TariffContent>;
  sample: boolean;
}

export async function electricityTariffs(db: Db): Promise<DatedTariff[]> {
  const { rows } = await db.query<DatedTariff>(
    `select id, code, valid_from as "validFrom", recorded_at as "recordedAt", content, sample from energy.tariff
     where carrier = 'electricity'`,
  );
  return rows;
}

export async function assignmentsOf(db: Db, institutionId: number) {
  const { rows } = await db.query<{ id: number; tariffCode: string; validFrom: string; recordedAt: number }>(
    `select id, tariff_code as "tariffCode", valid_from as "validFrom", recorded_at as "recordedAt"
     from energy.tariff_assignment where institution_id = $1 and carrier = 'electricity'`,
    [institutionId],
  );
  return rows;
}

/** Main meters of electricity of institution $1 over $2 to $3, each in the time in which it stood there, as known on $4. */
const MAIN = `main as materialized (
  select h.meter_id, h.sign, greatest(h.from_day::timestamp at time zone 'Asia/Shanghai', $2::timestamptz) as from_ts,
    least(h.to_day::timestamp at time zone 'Asia/Shanghai', $3::timestamptz) as to_ts, h.from_day, h.to_day, p.point, p.unit_value
  from registry.held_meters(array[$1::int4], $4::timestamptz, null) h
  join registry.booked_counter p on p.meter_id = h.meter_id
  where h.medium = 'electricity' and h.role = 'main' and h.from_day < ($3::timestamptz at time zone 'Asia/Shanghai')::date
    and h.to_day > ($2::timestamptz at time zone 'Asia/Shanghai')::date)`;

const wanted = (institutionId: number, days: Days, knownOn: number | undefined) => [
  institutionId,
  new Date(dayInstant(days.from)),
  new Date(dayInstant(days.to)),
  asKnown(knownOn),
];
const instant = (knownOn: number | undefined) => (knownOn === undefined ? undefined : '$4::timestamptz');

/** Electricity of the main meters by hour. */
export async function hourlyElectricity(db: Db, institutionId: number, days: Days, knownOn?: number) {
  const { rows } = await db.query<{ hour: number; quantity: string }>(
    `with ${MAIN}
     select h.hour, sum(m.sign * h.counts * h.ratio * m.unit_value) as quantity
     from main m join ${ledgerTable('hour', instant(knownOn))} h on h.meter_id = m.meter_id and h.point = m.point
       and h.hour >= m.from_ts and h.hour < m.to_ts
     group by h.hour order by h.hour`,
    wanted(institutionId, days, knownOn),
  );
  return rows;
}

/**
 * Estimated hours of the main meters: those of gaps that lie whole in the span, whose sum is certain, and those of silent meters,
 * which nothing bears out. Estimates are not kept once data replaced them: as known before, a gap has its total without hours.
 */
export async function estimatedElectricity(db: Db, institutionId: number, days: Days, knownOn?: number) {
  const { rows } = await db.query<{ hour: number; quantity: string; unsettled: boolean }>(
    `with ${MAIN}
     select e.hour, e.unsettled, sum(m.sign * e.counts * e.ratio * m.unit_value) as quantity
     from main m
     join ledger.estimate e on e.meter_id = m.meter_id and e.point = m.point and e.known_since <= $4::timestamptz
     left join ${ledgerTable('span', instant(knownOn))} s on s.meter_id = e.meter_id and s.point = e.point and s.from_ts = e.from_ts
     where case when e.unsettled then e.hour >= m.from_ts and e.hour < m.to_ts else s.from_ts >= m.from_ts and s.to_ts <= m.to_ts end
     group by e.hour, e.unsettled order by e.hour`,
    wanted(institutionId, days, knownOn),
  );
  const of = (unsettled: boolean) => rows.filter((row) => row.unsettled === unsettled);
  return { estimated: of(false), unsettled: of(true) };
}

/** Energy of main meters that is certain in the span, hours known or not. */
export async function certainElectricity(
  db: Db,
  institutionId: number,
  days: Days,
  knownOn?: number,
): Promise<string | null> {
  const { rows } = await db.query<{ quantity: string | null }>(
    `with ${MAIN}
     select sum(m.sign * (d.certain + d.shaped)) as quantity
     from (select array_agg(distinct meter_id) as ids from main) a
     cross join lateral ${meterDaysOf('a.ids', '$5::date', '$6::date', instant(knownOn))} d
     join main m on m.meter_id = d.meter_id and d.day >= m.from_day and d.day < m.to_day`,
    [...wanted(institutionId, days, knownOn), days.from, days.to],
  );
  return rows[0]?.quantity ?? null;
}

/** Cost of electricity bills by their days, to the fen. */
export async function billedCost(db: Db, institutionId: number, days: Days, knownOn?: number): Promise<string | null> {
  const { rows } = await db.query<{ cny: string | null }>(
    `select sum(energy.day_share(b.cost_cny * 100, b.from_day, b.to_day, $2, $3)) / 100 as cny
     from energy.bill b join energy.utility_account a on a.id = b.account_id
     where a.institution_id = $1 and a.carrier = 'electricity' and b.entered_at <= $4
       and (b.voided_at is null or b.voided_at > $4) and b.cost_cny is not null and b.from_day < $3 and b.to_day > $2`,
    [institutionId, days.from, days.to, asKnown(knownOn)],
  );
  return rows[0]?.cny ?? null;
}
