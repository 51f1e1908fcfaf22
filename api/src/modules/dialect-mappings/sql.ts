import type { Db, Tx } from '@ganzhi/schemas/db';
import { cut, decodeCursor } from '../../lib/page.ts';
import { Parameters } from '../../lib/statement.ts';
import type { FreePoint } from './rules.ts';

export interface MappingRow {
  id: number;
  gateway_id: number;
  gateway_code: string;
  device: string;
  tag: string;
  meter_id: number | null;
  meter_code: string | null;
  point: number | null;
  power_of_ten: number;
  version: number;
  updated_at: number;
}

/** Joined with the gateway, whose row security is the scope of its tags. */
const MAPPING = `
select t.id, t.gateway_id, g.code as gateway_code, t.device, t.tag, t.meter_id, m.code as meter_code, t.point,
  t.power_of_ten, t.version, t.updated_at
from registry.dialect_tag t
join registry.gateway g on g.id = t.gateway_id
left join registry.meter m on m.id = t.meter_id`;

/** By id, which is the order of creation. */
export async function listMappings(
  db: Db,
  filter: { gatewayId?: number | undefined; meterId?: number | undefined; device?: string | undefined },
  page: { limit: number; cursor?: string | undefined },
): Promise<{ rows: readonly MappingRow[]; nextCursor: string | null }> {
  const after = decodeCursor('id', page.cursor, { value: 'text', id: 'int4' });
  const { bind, values } = new Parameters();
  const parts = [`t.id > ${bind(after?.id ?? 0)}::int4`];
  if (filter.gatewayId !== undefined) parts.push(`t.gateway_id = ${bind(filter.gatewayId)}`);
  if (filter.meterId !== undefined) parts.push(`t.meter_id = ${bind(filter.meterId)}`);
  if (filter.device !== undefined) parts.push(`t.device = ${bind(filter.device)}`);
  const { rows } = await db.query<MappingRow>(
    `${MAPPING} where ${parts.join(' and ')} order by t.id limit ${bind(page.limit + 1)}`,
    values,
  );
  return cut(rows, page.limit, 'id', (row) => ({ value: null, id: String(row.id) }));
}

/** @param lock true: the row is held until the transaction ends */
export async function mappingById(db: Db | Tx, id: number, lock = false): Promise<MappingRow | undefined> {
  const { rows } = await db.query<MappingRow>(`${MAPPING} where t.id = $1 ${lock ? 'for update of t' : ''}`, [id]);
  return rows[0];
}

/** Tags of one gateway by their names. */
export async function mappingsOf(tx: Tx, gatewayId: number): Promise<readonly MappingRow[]> {
  const { rows } = await tx.query<MappingRow>(`${MAPPING} where t.gateway_id = $1 for update of t`, [gatewayId]);
  return rows;
}

export async function gatewayById(
  db: Db | Tx,
  id: number,
): Promise<{ id: number; code: string; dialect: string } | undefined> {
  const { rows } = await db.query<{ id: number; code: string; dialect: string }>(
    'select id, code, dialect from registry.gateway where id = $1',
    [id],
  );
  return rows[0];
}

export interface PointRow {
  meter_id: number;
  point: number;
  gateway_id: number | null;
}

/** Points by meter and quantity, as far as the caller sees their meters; held, so that no two tags take one at the same time. */
export async function lockPoints(
  tx: Tx,
  wanted: readonly { meterId: number; point: number }[],
): Promise<readonly PointRow[]> {
  const { rows } = await tx.query<PointRow>(
    `select p.meter_id, p.point, m.gateway_id
     from unnest($1::int4[], $2::int2[]) as w(meter_id, point)
     join registry.point p on p.meter_id = w.meter_id and p.point = w.point
     join registry.meter m on m.id = p.meter_id
     order by p.meter_id, p.point for update of p`,
    [wanted.map(({ meterId }) => meterId), wanted.map(({ point }) => point)],
  );
  return rows;
}

/** Tags that feed these points now. */
export async function tagsOfPoints(
  tx: Tx,
  wanted: readonly { meterId: number; point: number }[],
): Promise<readonly { id: number; meter_id: number; point: number }[]> {
  const { rows } = await tx.query<{ id: number; meter_id: number; point: number }>(
    `select t.id, t.meter_id, t.point from registry.dialect_tag t
     join unnest($1::int4[], $2::int2[]) as w(meter_id, point) on t.meter_id = w.meter_id and t.point = w.point`,
    [wanted.map(({ meterId }) => meterId), wanted.map(({ point }) => point)],
  );
  return rows;
}

export interface TagInput {
  device: string;
  tag: string;
  meterId: number | null;
  point: number | null;
  powerOfTen: number;
}

/** Writes tags of a gateway: new ones, and others' targets. The caller has checked them. */
export async function upsertMappings(tx: Tx, gatewayId: number, tags: readonly TagInput[], now: number): Promise<void> {
  await tx.query(
    `insert into registry.dialect_tag (gateway_id, device, tag, meter_id, point, power_of_ten, updated_at)
     select $1, device, tag, meter_id, point, power_of_ten, $7
     from unnest($2::text[], $3::text[], $4::int4[], $5::int2[], $6::int2[]) as i(device, tag, meter_id, point, power_of_ten)
     on conflict (gateway_id, device, tag) do update set meter_id = excluded.meter_id, point = excluded.point,
       power_of_ten = excluded.power_of_ten, version = dialect_tag.version + 1, updated_at = excluded.updated_at`,
    [
      gatewayId,
      tags.map(({ device }) => device),
      tags.map(({ tag }) => tag),
      tags.map(({ meterId }) => meterId),
      tags.map(({ point }) => point),
      tags.map(({ powerOfTen }) => powerOfTen),
      new Date(now).toISOString(),
    ],
  );
}

export async function deleteMapping(tx: Tx, id: number): Promise<void> {
  await tx.query('delete from registry.dialect_tag where id = $1', [id]);
}

export interface UnmappedRow {
  device: string;
  tag: string;
  entries: number;
  last_received_at: number;
  last_value: unknown;
}

/** Entries that are looked at, the newest: enough to know the names of a day, however much waits. */
const LOOKED_AT = 20_000;
const MOST = 200;

/** Names under which values of a gateway wait in quarantine and that have no row yet; the most frequent first. */
export async function unmappedTags(db: Db, gateway: { id: number; code: string }): Promise<readonly UnmappedRow[]> {
  const { rows } = await db.query<UnmappedRow>(
    `with waiting as (
       select id, received_at, payload->>'m' as m, payload->>'p' as tag, payload->'x' as x
       from metering.quarantine
       where gateway_code = $2 and resolved_at is null and reason in ('unknown-meter', 'unknown-point', 'no-birth')
       order by id desc limit ${LOOKED_AT}
     ), named as (
       -- a sender without a name for the device is kept under the gateway's code
       select case when m = $2 then '' else m end as device, tag, id, received_at, x from waiting
       where length(m) <= 256 and length(tag) between 1 and 256
     )
     select device, tag, count(*)::int4 as entries, max(received_at) as last_received_at,
       (array_agg(x order by id desc))[1] as last_value
     from named n
     where not exists (
       select from registry.dialect_tag t where t.gateway_id = $1 and t.device = n.device and t.tag = n.tag)
     group by device, tag order by entries desc, device, tag limit ${MOST}`,
    [gateway.id, gateway.code],
  );
  return rows;
}

/** Points of a gateway's meters that no tag feeds. */
export async function freePoints(db: Db, gatewayId: number): Promise<readonly FreePoint[]> {
  const { rows } = await db.query<{ meter_id: number; code: string; name_zh: string; point: number }>(
    `select m.id as meter_id, m.code, m.name_zh, p.point
     from registry.meter m join registry.point p on p.meter_id = m.id
     where m.gateway_id = $1
       and not exists (select from registry.dialect_tag t where t.meter_id = m.id and t.point = p.point)
     order by m.id, p.point`,
    [gatewayId],
  );
  return rows.map((row) => ({ meterId: row.meter_id, meterCode: row.code, meterName: row.name_zh, point: row.point }));
}
