import type { Tx } from '@ganzhi/schemas/db';
import { code, decimal, plainDecimal } from '../cells.ts';
import type { Current, Kind, Planned, Values } from '../kind.ts';
import { institutionCode, knownInstitutions, nameEn, nameZh, unknownInstitution } from './fields.ts';

interface Row {
  id: number;
  institutionId: number;
  institutionCode: string;
  code: string;
  nameZh: string;
  nameEn: string;
  areaM2: string | null;
}

const SELECT = `select b.id, b.institution_id as "institutionId", i.code as "institutionCode", b.code, b.name_zh as "nameZh",
    b.name_en as "nameEn", b.area_m2 as "areaM2"
  from energy.building b join registry.institution i on i.id = b.institution_id`;

const valuesOf = ({ id: _, institutionId: __, areaM2, ...row }: Row): Values => ({
  ...row,
  areaM2: areaM2 === null ? null : plainDecimal(areaM2),
});
const keyOf = (row: Row): string => `${row.institutionCode}/${row.code}`;

export const buildings: Kind = {
  name: 'buildings',
  sheet: { zh: '建筑', en: 'Buildings' },
  key: ['institutionCode', 'code'],
  fields: [
    institutionCode,
    {
      name: 'code',
      zh: '建筑编码',
      en: 'Building',
      help: {
        zh: '在机构内唯一，字母、数字、点、连字符。',
        en: 'Once within its institution: letters, digits, dots, hyphens.',
      },
      required: true,
      read: code(
        /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u,
        '建筑编码为 1 至 64 位字母、数字、点或连字符。',
        'A building code has 1 to 64 letters, digits, dots or hyphens.',
      ),
      width: 14,
      example: 'A1',
    },
    { ...nameZh, example: '一号楼' },
    { ...nameEn, example: 'Building 1' },
    {
      name: 'areaM2',
      zh: '建筑面积（m²）',
      en: 'Area (m²)',
      help: {
        zh: '大于 0，至多两位小数；不清楚可不填。',
        en: 'Above 0, two decimals at most; leave it empty if unknown.',
      },
      clearable: true,
      read: decimal(2, 0.01),
      example: '3200',
    },
  ],
  current: async (tx, keys) => {
    const { rows } = await tx.query<Row>(
      `${SELECT} where i.code || '/' || b.code = any($1::text[]) for no key update of b`,
      [keys],
    );
    return new Map(rows.map((row): [string, Current] => [keyOf(row), { ...row, values: valuesOf(row) }]));
  },
  faults: async (tx, planned, plan) => {
    const named = planned.map(({ after }) => String(after.institutionCode));
    const known = await knownInstitutions(tx, named, plan);
    return named.map((institution) => (known.has(institution) ? [] : [unknownInstitution(institution)]));
  },
  create: async (tx, planned, by) => {
    const { rows } = await tx.query<{ id: number; key: string }>(
      `insert into energy.building as b (institution_id, code, name_zh, name_en, area_m2, created_by, created_at)
       select i.id, r.code, r."nameZh", r."nameEn", r."areaM2", $2, $3
       from jsonb_to_recordset($1) as r("institutionCode" text, code text, "nameZh" text, "nameEn" text, "areaM2" numeric)
       join registry.institution i on i.code = r."institutionCode"
       returning b.id, (select i.code from registry.institution i where i.id = b.institution_id) || '/' || b.code as key`,
      [afters(planned), by.login, new Date(by.at)],
    );
    return new Map(rows.map(({ id, key }) => [key, id]));
  },
  update: async (tx: Tx, planned) => {
    await tx.query(
      `update energy.building b set name_zh = r."nameZh", name_en = r."nameEn", area_m2 = r."areaM2"
       from jsonb_to_recordset($1) as r(id int4, "nameZh" text, "nameEn" text, "areaM2" numeric) where b.id = r.id`,
      [afters(planned)],
    );
  },
  inUse: async (tx, ids) => {
    const { rows } = await tx.query<{ code: string }>(
      `select b.code from energy.building b where b.id = any($1::int4[])
         and exists (select from energy.meter_place p where p.building_id = b.id) order by b.code`,
      [ids],
    );
    return rows.map((row) => row.code);
  },
  remove: async (tx, ids) => {
    await tx.query('delete from energy.building where id = any($1::int4[])', [ids]);
  },
  page: async (db, afterKey, limit) => {
    const { rows } = await db.query<Row>(
      `${SELECT} where i.code || '/' || b.code > $1 order by i.code || '/' || b.code limit $2`,
      [afterKey, limit],
    );
    return rows.map(valuesOf);
  },
};

export const afters = (planned: readonly Planned[]): string =>
  JSON.stringify(planned.map(({ after, current }) => ({ ...after, id: current?.id })));
