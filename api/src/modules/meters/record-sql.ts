import { Connection, quantityByCode, TEMPLATE_CATALOGUE } from '@ganzhi/schemas';
import type { Db, Tx } from '@ganzhi/schemas/db';
import { connectionText, parseConnection } from './connection-text.ts';
import { type MeterRecord, quantitiesOf } from './record.ts';

/** Meters as people keep them: read, written and removed, many at a time. Scope is kept by the database. */

export interface StoredMeter {
  id: number;
  version: number;
  institutionId: number;
  retiredAt: number | null;
  retiredReason: string | null;
  record: MeterRecord;
}

type Row = Omit<MeterRecord, 'connection' | 'quantities'> &
  Omit<StoredMeter, 'record'> & { connection: unknown; quantities: string | null };

const SELECT = `select m.id, m.version, m.institution_id as "institutionId", m.retired_at as "retiredAt",
    m.retired_reason as "retiredReason", m.code, m.name_zh as "nameZh", m.name_en as "nameEn", i.code as "institutionCode",
    m.medium, m.role, p.code as "parentCode", g.code as "gatewayCode", m.item_code as "itemCode", m.template,
    (select string_agg(q.code, ';' order by q.id) from registry.point t join registry.quantity q on q.id = t.point
      where t.meter_id = m.id) as quantities,
    m.interval_s as "intervalS", coalesce(r.ct, 1) as ct, coalesce(r.pt, 1) as pt, b.code as "buildingCode",
    a.account_no as "accountNo", m.connection
  from registry.meter m
  join registry.institution i on i.id = m.institution_id
  left join registry.meter p on p.id = m.parent_id
  left join registry.gateway g on g.id = m.gateway_id
  left join energy.meter_place l on l.meter_id = m.id
  left join energy.building b on b.id = l.building_id
  left join energy.utility_account a on a.id = m.utility_account_id
  left join lateral (select ct, pt from registry.meter_ratio r where r.meter_id = m.id and r.valid_from <= now()
    order by r.valid_from desc limit 1) r on true`;

function storedOf({ id, version, institutionId, retiredAt, retiredReason, ...row }: Row): StoredMeter {
  const connection = Connection.safeParse(row.connection);
  const record = {
    ...row,
    quantities: row.quantities ?? '',
    connection: connection.success ? connectionText(connection.data) : null,
  };
  return { id, version, institutionId, retiredAt, retiredReason, record };
}

/** Registered meters by code, locked against other edits until the transaction ends. */
export async function lockedMeters(tx: Tx, codes: readonly string[]): Promise<Map<string, StoredMeter>> {
  const { rows } = await tx.query<Row>(
    `${SELECT} where m.code = any($1::text[]) order by m.id for no key update of m`,
    [codes],
  );
  return new Map(rows.map((row) => [row.code, storedOf(row)]));
}

export async function meterRecord(db: Db | Tx, id: number, lock = false): Promise<StoredMeter | undefined> {
  const { rows } = await db.query<Row>(`${SELECT} where m.id = $1 ${lock ? 'for no key update of m' : ''}`, [id]);
  const [row] = rows;
  return row && storedOf(row);
}

/** Living meters behind a code, in order: an export reads page by page. */
export async function meterRecordsAfter(db: Db | Tx, code: string, limit: number): Promise<MeterRecord[]> {
  const { rows } = await db.query<Row>(
    `${SELECT} where m.code > $1 and m.retired_at is null order by m.code limit $2`,
    [code, limit],
  );
  return rows.map((row) => storedOf(row).record);
}

/** Enters meters with their points, ratio and place. Parents that are among them come first by themselves. */
export async function insertMeters(tx: Tx, records: readonly MeterRecord[]): Promise<Map<string, number>> {
  const ids = new Map<string, number>();
  for (const level of levelsOf(records)) {
    const { rows } = await tx.query<{ id: number; code: string }>(
      `insert into registry.meter (code, institution_id, gateway_id, parent_id, name_zh, name_en, medium, role, item_code,
         template, interval_s, utility_account_id, connection)
       select r.code, i.id, g.id, p.id, r."nameZh", r."nameEn", r.medium, r.role, r."itemCode", r.template, r."intervalS",
         a.id, r.connection
       from jsonb_to_recordset($1) as r(code text, "institutionCode" text, "gatewayCode" text, "parentCode" text, "nameZh" text,
         "nameEn" text, medium text, role text, "itemCode" text, template text, "intervalS" int4, "accountNo" text,
         connection jsonb)
       join registry.institution i on i.code = r."institutionCode"
       left join registry.gateway g on g.code = r."gatewayCode"
       left join registry.meter p on p.code = r."parentCode"
       left join energy.utility_account a on a.account_no = r."accountNo"
         and a.carrier in (select c.code from energy.carrier c where c.medium = r.medium)
       returning id, code`,
      [JSON.stringify(level.map((record) => ({ ...record, connection: connectionOf(record) })))],
    );
    for (const { id, code } of rows) ids.set(code, id);
  }
  const numbered = records.map((record) => ({ ...record, id: ids.get(record.code) ?? 0 }));
  await tx.query(
    `insert into registry.meter_ratio (meter_id, ct, pt)
     select r.id, r.ct, r.pt from jsonb_to_recordset($1) as r(id int4, ct int4, pt int4)`,
    [JSON.stringify(numbered)],
  );
  await writePoints(tx, numbered);
  await writePlaces(tx, numbered);
  return ids;
}

/** A change of a registered meter: only what is named in it. */
export interface MeterChange {
  id: number;
  after: MeterRecord;
  changed: ReadonlySet<keyof MeterRecord>;
}

export async function updateMeters(tx: Tx, changes: readonly MeterChange[]): Promise<void> {
  await tx.query(
    `update registry.meter m set
       name_zh = r.after ->> 'nameZh', name_en = r.after ->> 'nameEn', medium = r.after ->> 'medium', role = r.after ->> 'role',
       item_code = r.after ->> 'itemCode', template = r.after ->> 'template', interval_s = (r.after ->> 'intervalS')::int4,
       institution_id = case when r.changed ? 'institutionCode'
         then (select i.id from registry.institution i where i.code = r.after ->> 'institutionCode') else m.institution_id end,
       gateway_id = case when r.changed ? 'gatewayCode'
         then (select g.id from registry.gateway g where g.code = r.after ->> 'gatewayCode') else m.gateway_id end,
       parent_id = case when r.changed ? 'parentCode'
         then (select p.id from registry.meter p where p.code = r.after ->> 'parentCode') else m.parent_id end,
       utility_account_id = case when r.changed ? 'accountNo' or r.changed ? 'medium'
         then (select a.id from energy.utility_account a where a.account_no = r.after ->> 'accountNo'
           and a.carrier in (select c.code from energy.carrier c where c.medium = r.after ->> 'medium'))
         else m.utility_account_id end,
       connection = case when r.changed ? 'connection' then nullif(r.after -> 'connection', 'null') else m.connection end,
       -- points and place are not of this row, and yet a change of the meter
       version = m.version + 1
     from jsonb_to_recordset($1) as r(id int4, after jsonb, changed jsonb) where m.id = r.id`,
    [
      JSON.stringify(
        changes.map(({ id, after, changed }) => ({
          id,
          after: { ...after, connection: connectionOf(after) },
          changed: [...changed],
        })),
      ),
    ],
  );
  const of = (...names: (keyof MeterRecord)[]) =>
    changes.filter(({ changed }) => names.some((name) => changed.has(name))).map(({ id, after }) => ({ ...after, id }));
  await writePoints(tx, of('quantities'));
  await writePlaces(tx, of('buildingCode', 'institutionCode'));
}

async function writePoints(tx: Tx, meters: readonly (MeterRecord & { id: number })[]): Promise<void> {
  if (meters.length === 0) return;
  const points = meters.flatMap(({ id, quantities, template }) =>
    quantitiesOf(quantities).map((code) => {
      const quantity = quantityByCode(code);
      const [decimals, modulus] = TEMPLATE_CATALOGUE[template]?.stored[code] ?? [quantity?.decimals, null];
      return { id, point: quantity?.id, decimals, modulus };
    }),
  );
  await tx.query(
    `with wanted as (select * from jsonb_to_recordset($2) as r(id int4, point int2, decimals int2, modulus int8))
     delete from registry.point p where p.meter_id = any($1::int4[])
       and not exists (select from wanted w where w.id = p.meter_id and w.point = p.point)`,
    [meters.map(({ id }) => id), JSON.stringify(points)],
  );
  await tx.query(
    `insert into registry.point (meter_id, point, decimals, modulus)
     select r.id, r.point, r.decimals, r.modulus
     from jsonb_to_recordset($1) as r(id int4, point int2, decimals int2, modulus int8) on conflict do nothing`,
    [JSON.stringify(points)],
  );
}

async function writePlaces(tx: Tx, meters: readonly (MeterRecord & { id: number })[]): Promise<void> {
  if (meters.length === 0) return;
  await tx.query('delete from energy.meter_place where meter_id = any($1::int4[])', [meters.map(({ id }) => id)]);
  await tx.query(
    `insert into energy.meter_place (meter_id, building_id)
     select r.id, b.id from jsonb_to_recordset($1) as r(id int4, "institutionCode" text, "buildingCode" text)
     join registry.institution i on i.code = r."institutionCode"
     join energy.building b on b.institution_id = i.id and b.code = r."buildingCode"`,
    [JSON.stringify(meters)],
  );
}

/** A meter goes out of use; false when it was already. */
export async function retireMeter(tx: Tx, id: number, at: number, reason: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    'update registry.meter set retired_at = $2, retired_reason = $3 where id = $1 and retired_at is null',
    [id, new Date(at), reason],
  );
  return rowCount === 1;
}

/**
 * Takes meters out as if they had never been there. Whatever refers to them refuses (foreign keys); what carries none is
 * asked by `metersWithData`.
 */
export async function removeMeters(tx: Tx, ids: readonly number[]): Promise<void> {
  for (const table of ['energy.meter_place', 'registry.meter_ratio', 'registry.point']) {
    await tx.query(`delete from ${table} where meter_id = any($1::int4[])`, [ids]);
  }
  await tx.query('delete from registry.meter where id = any($1::int4[])', [ids]);
}

/** Codes of those that readings or the ledger know, or that were retired. */
export async function metersWithData(tx: Tx, ids: readonly number[]): Promise<string[]> {
  const { rows } = await tx.query<{ code: string }>(
    `select m.code from registry.meter m where m.id = any($1::int4[])
       and (m.retired_at is not null or exists (select from metering.latest l where l.meter_id = m.id)
         or exists (select from metering.read_failure f where f.meter_id = m.id)
         or exists (select from ledger.day d where d.meter_id = m.id)) order by m.code`,
    [ids],
  );
  return rows.map(({ code }) => code);
}

const connectionOf = ({ connection }: MeterRecord): Connection | null => {
  const parsed = connection === null ? null : parseConnection(connection);
  return parsed === null || 'zh' in parsed ? null : parsed;
};

/** Those whose parent is not among them, then those below them, and so on down. */
export function levelsOf<R extends { code: string; parentCode: string | null }>(records: readonly R[]): R[][] {
  const byCode = new Map(records.map((record) => [record.code, record]));
  const depths = new Map<string, number>();
  const depthOf = (record: R): number => {
    const known = depths.get(record.code);
    if (known !== undefined) return known;
    depths.set(record.code, 0);
    const parent = record.parentCode === null ? undefined : byCode.get(record.parentCode);
    const depth = parent ? depthOf(parent) + 1 : 0;
    depths.set(record.code, depth);
    return depth;
  };
  const levels = Map.groupBy(records, depthOf);
  return [...levels].sort(([a], [b]) => a - b).map(([, level]) => level);
}
