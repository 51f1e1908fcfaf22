import type { Tx } from '@ganzhi/schemas/db';
import type { MeterFacts, MeterRecord } from './record.ts';

/** What a file brings itself, beside what is registered. */
export interface Newcomers {
  institutions?: ReadonlyMap<string, { open: boolean }>;
  gateways?: ReadonlyMap<string, { dialect: string; retired: boolean }>;
  /** `institution/building`. */
  buildings?: ReadonlySet<string>;
  /** Media by account number. */
  accounts?: ReadonlyMap<string, readonly (string | null)[]>;
}

/**
 * Everything that the rules may ask about some meters, read at once, inside the caller's scope.
 *
 * @param wanted meters as they shall be; they stand for what is registered under their codes
 */
export async function meterFacts(
  tx: Tx,
  wanted: readonly MeterRecord[],
  newcomers: Newcomers = {},
): Promise<MeterFacts> {
  const named = (field: 'institutionCode' | 'gatewayCode' | 'parentCode' | 'accountNo'): string[] => [
    ...new Set(wanted.map((record) => record[field]).filter((code) => code !== null)),
  ];
  const own = new Map(wanted.map((record) => [record.code, record]));
  const institutions = await tx.query<{ code: string }>(
    'select code from registry.institution where code = any($1::text[])',
    [named('institutionCode')],
  );
  const gateways = await tx.query<{ code: string; dialect: string; retired: boolean }>(
    'select code, dialect, retired_at is not null as retired from registry.gateway where code = any($1::text[])',
    [named('gatewayCode')],
  );
  const parents = await tx.query<{ code: string; medium: string; parentCode: string | null; retired: boolean }>(
    `with recursive up as (
       select m.id, m.parent_id from registry.meter m where m.code = any($1::text[])
       union select m.id, m.parent_id from registry.meter m join up on m.id = up.parent_id)
     select m.code, m.medium, p.code as "parentCode", m.retired_at is not null as retired
     from registry.meter m left join registry.meter p on p.id = m.parent_id where m.id in (select id from up)`,
    [named('parentCode')],
  );
  const buildings = await tx.query<{ place: string }>(
    `select i.code || '/' || b.code as place from registry.institution i join energy.building b on b.institution_id = i.id
     where i.code = any($1::text[])`,
    [named('institutionCode')],
  );
  const accounts = await tx.query<{ accountNo: string; media: (string | null)[] }>(
    `select a.account_no as "accountNo", array_agg(c.medium) as media
     from energy.utility_account a join energy.carrier c on c.code = a.carrier
     where a.account_no = any($1::text[]) group by a.account_no`,
    [named('accountNo')],
  );
  const codes = [...own.keys()];
  const stored = await tx.query<{ code: string; quantities: string[] }>(
    `select m.code, array_agg(distinct q.code) as quantities
     from registry.meter m
     join registry.point p on p.meter_id = m.id
     join registry.quantity q on q.id = p.point
     where m.code = any($1::text[])
       and (exists (select from metering.latest l where l.meter_id = m.id and l.point = p.point)
         or exists (select from registry.dialect_tag t where t.meter_id = m.id and t.point = p.point)
         or exists (select from registry.meter_replacement r where r.meter_id = m.id and r.point = p.point))
     group by m.code`,
    [codes],
  );
  const dated = await tx.query<{ code: string }>(
    'select code from registry.meter where code = any($1::text[]) and dated',
    [codes],
  );
  const children = await tx.query<{ above: string; code: string; medium: string }>(
    `select p.code as above, m.code, m.medium from registry.meter m join registry.meter p on p.id = m.parent_id
     where p.code = any($1::text[]) and m.retired_at is null order by m.code`,
    [codes],
  );

  const institutionOf = new Map(institutions.rows.map(({ code }) => [code, { open: true }]));
  const gatewayOf = new Map(gateways.rows.map((row) => [row.code, row]));
  const parentOf = new Map(parents.rows.map((row) => [row.code, row]));
  const places = new Set(buildings.rows.map(({ place }) => place));
  const mediaOf = new Map(accounts.rows.map(({ accountNo, media }) => [accountNo, media]));
  const storedOf = new Map(stored.rows.map(({ code, quantities }) => [code, quantities]));
  const datedCodes = new Set(dated.rows.map(({ code }) => code));
  const below = Map.groupBy(children.rows, ({ above }) => above);
  return {
    institution: (code) => newcomers.institutions?.get(code) ?? institutionOf.get(code),
    gateway: (code) => newcomers.gateways?.get(code) ?? gatewayOf.get(code),
    meter: (code) => {
      const record = own.get(code);
      const registered = parentOf.get(code);
      return record ? { ...record, retired: registered?.retired ?? false } : registered;
    },
    building: (institution, code) => {
      const place = `${institution}/${code}`;
      return places.has(place) || (newcomers.buildings?.has(place) ?? false);
    },
    accounts: (no) => [...(mediaOf.get(no) ?? []), ...(newcomers.accounts?.get(no) ?? [])],
    dated: (code) => datedCodes.has(code),
    stored: (code) => storedOf.get(code) ?? [],
    children: (code) =>
      (below.get(code) ?? []).map((row) => ({ ...row, medium: own.get(row.code)?.medium ?? row.medium })),
  };
}
