import type { Db } from '@ganzhi/schemas/db';
import { asKnown } from '../../energy/known.ts';
import { cut, decodeCursor, keyset } from '../../lib/page.ts';
import { Parameters } from '../../lib/statement.ts';
import type { KINDS } from './schema.ts';

export interface ChangeRow {
  kind: (typeof KINDS)[number];
  institutionId: number | null;
  name: string;
  day: string;
  before: string | null;
  after: string | null;
  cause: string;
  by: string | null;
  changedAt: number;
  changedText: string;
  key: string;
}

/** A dated record changes figures of the past when it holds from a day before `since` and was recorded after it. */
const isLate = (table: string): string =>
  `${table}.recorded_at > $1 and ${table}.recorded_at <= $2 and ${table}.valid_from < ($1::timestamptz at time zone 'Asia/Shanghai')::date`;

/** What stood above the ledger and differs from what was known on $1, as known on $2. Scope: each table's row security. */
const CHANGES = `
  select 'virtual-meter' as kind, v.institution_id, v.code as name, o.day, o.energy as before, n.energy as after, '' as cause,
    null::text as by, (select max(x.known_until) from energy.superseded_virtual_day x
      where x.virtual_meter_id = o.virtual_meter_id and x.day = o.day and x.known_until <= $2) as changed_at,
    v.id || '/' || o.day as key
  from energy.superseded_virtual_day o
  join energy.virtual_meter v on v.id = o.virtual_meter_id
  left join energy.virtual_day_as_known($2) n on n.virtual_meter_id = o.virtual_meter_id and n.day = o.day
  where o.known_since <= $1 and o.known_until > $1 and o.known_until <= $2 and o.energy is distinct from n.energy
  union all
  select 'allocation', o.institution_id, coalesce(m.code, o.meter_id::text), o.day, o.energy, n.energy, '', null, o.known_until,
    o.meter_id || '/' || o.institution_id || '/' || o.day
  from energy.superseded_allocated_day o
  left join registry.meter m on m.id = o.meter_id
  left join energy.allocated_day_as_known($2) n
    on n.meter_id = o.meter_id and n.institution_id = o.institution_id and n.day = o.day
  where o.known_since <= $1 and o.known_until > $1 and o.known_until <= $2 and o.energy is distinct from n.energy
  union all
  select 'bill', a.institution_id, a.account_no, b.from_day, case when b.entered_at <= $1 then b.quantity end,
    case when b.voided_at <= $2 then null else b.quantity end, coalesce(case when b.voided_at <= $2 then b.void_reason end, b.document_ref),
    case when b.voided_at <= $2 then b.voided_by else b.entered_by end,
    case when b.voided_at <= $2 then b.voided_at else b.entered_at end, b.id::text
  from energy.bill b join energy.utility_account a on a.id = b.account_id
  where b.from_day < ($1::timestamptz at time zone 'Asia/Shanghai')::date
    and ((b.entered_at > $1 and b.entered_at <= $2 and not coalesce(b.voided_at <= $2, false))
      or (b.entered_at <= $1 and b.voided_at > $1 and b.voided_at <= $2))
  union all
  select case f.kind when 'area' then 'area' else 'users' end, f.institution_id, f.kind, f.valid_from,
    (select e.value from energy.base_fact e where e.institution_id = f.institution_id and e.kind = f.kind
      and e.recorded_at <= $1 and e.valid_from <= f.valid_from order by e.valid_from desc, e.recorded_at desc limit 1),
    f.value, f.source_document, f.recorded_by, f.recorded_at, f.id::text
  from energy.base_fact f where f.kind in ('area', 'persons') and ${isLate('f')}
  union all
  select 'factor', null, f.carrier || ' ' || f.kind || ' ' || f.variant, f.valid_from,
    (select e.value from energy.factor e where e.kind = f.kind and e.carrier = f.carrier and e.variant = f.variant
      and e.recorded_at <= $1 and e.valid_from <= f.valid_from order by e.valid_from desc, e.recorded_at desc limit 1),
    f.value, f.source_document, f.recorded_by, f.recorded_at, f.id::text
  from energy.factor f where ${isLate('f')}
  union all
  select 'tariff', null, t.code, t.valid_from, null, null, t.source_document, t.recorded_by, t.recorded_at, t.id::text
  from energy.tariff t where ${isLate('t')}
  union all
  select 'tariff-assignment', t.institution_id, t.tariff_code, t.valid_from, null, null, t.source_document, t.recorded_by,
    t.recorded_at, t.id::text
  from energy.tariff_assignment t where ${isLate('t')}
  union all
  select 'supply-contract', c.institution_id, c.basis, c.valid_from, null, null, c.source_document, c.recorded_by, c.recorded_at,
    c.id::text
  from energy.supply_contract c where ${isLate('c')}
  union all
  select 'holder', h.institution_id, h.code, h.to_day, null, null, coalesce(c.source_document, ''), null, h.recorded_at,
    h.meter_id || '/' || h.from_day
  from registry.former_holding h left join registry.institution_change c on c.id = h.change_id
  where h.recorded_at > $1 and h.recorded_at <= $2 and h.to_day < ($1::timestamptz at time zone 'Asia/Shanghai')::date
  union all
  select 'closed-year', s.institution_id, s.year::text, make_date(s.year, 1, 1), (o.figures ->> 'comprehensiveKgce')::numeric,
    (s.figures ->> 'comprehensiveKgce')::numeric, s.reason, s.closed_by, s.closed_at, s.institution_id || '/' || s.year || '/' || s.closed_at
  from energy.indicator_snapshot s
  cross join lateral (select x.figures from energy.indicator_snapshot x where x.institution_id = s.institution_id
    and x.year = s.year and x.closed_at <= $1 order by x.closed_at desc limit 1) o
  where s.closed_at > $1 and s.closed_at <= $2 and o.figures <> s.figures`;

interface Filter {
  since: number;
  knownOn?: number | undefined;
  institutionId?: number | undefined;
  kind?: string | undefined;
}

/** Latest first; what concerns the whole city is listed with every institution. */
export async function listChanges(db: Db, filter: Filter, page: { limit: number; cursor?: string | undefined }) {
  const { bind, values } = new Parameters();
  bind(new Date(filter.since));
  bind(asKnown(filter.knownOn));
  const conditions = ['true'];
  if (filter.institutionId !== undefined) {
    conditions.push(`(c.institution_id is null or c.institution_id = ${bind(filter.institutionId)})`);
  }
  if (filter.kind !== undefined) conditions.push(`c.kind = ${bind(filter.kind)}`);
  const after = decodeCursor('changed', page.cursor, { value: 'timestamptz', id: 'text' });
  const key = { sql: 'c.changed_at', type: 'timestamptz', descending: true } as const;
  const paging = keyset(key, { sql: "(c.kind || '/' || c.key)", type: 'text' }, after, bind);
  const { rows } = await db.query<ChangeRow>(
    `select c.kind, c.institution_id as "institutionId", c.name, c.day, c.before, c.after, c.cause, c.by,
       c.changed_at as "changedAt", c.changed_at::text as "changedText", c.kind || '/' || c.key as key
     from (${CHANGES}) c where ${conditions.join(' and ')} and ${paging.where}
     order by ${paging.orderBy} limit ${bind(page.limit + 1)}`,
    values,
  );
  return cut(rows, page.limit, 'changed', (row) => ({ value: row.changedText, id: row.key }));
}
