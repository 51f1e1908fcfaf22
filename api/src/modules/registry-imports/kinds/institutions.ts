import type { Tx } from '@ganzhi/schemas/db';
import { decimal, plainDecimal, whole } from '../cells.ts';
import type { Current, Fault, Kind, Values } from '../kind.ts';
import { afters } from './buildings.ts';
import { INSTITUTION_CODE, nameEn, nameZh } from './fields.ts';

interface Row {
  id: number;
  code: string;
  nameZh: string;
  nameEn: string;
  typeCode: string;
  divisionCode: string;
  lineCode: string | null;
  areaM2: string;
  headcount: number;
}

const SELECT = `select i.id, i.code, i.name_zh as "nameZh", i.name_en as "nameEn", i.type_code as "typeCode",
    i.division_code as "divisionCode", i.line_code as "lineCode", i.area_m2 as "areaM2", i.headcount from registry.institution i`;

const valuesOf = ({ id: _, areaM2, ...row }: Row): Values => ({ ...row, areaM2: plainDecimal(areaM2) });

export const institutions: Kind = {
  name: 'institutions',
  sheet: { zh: '机构', en: 'Institutions' },
  key: ['code'],
  fields: [
    {
      name: 'code',
      zh: '机构编码',
      en: 'Institution',
      help: {
        zh: '全市唯一，2 至 40 位字母、数字、连字符。',
        en: 'Once in the city: 2 to 40 letters, digits, hyphens.',
      },
      required: true,
      read: INSTITUTION_CODE,
      width: 16,
      example: 'CZ-0001',
    },
    { ...nameZh, example: '常州市第一中学' },
    { ...nameEn, example: 'Changzhou No. 1 School' },
    {
      name: 'typeCode',
      zh: '机构类型',
      en: 'Type',
      help: { zh: '从下拉列表选择。', en: 'Choose from the list.' },
      required: true,
      choices: ({ types }) => types,
      width: 16,
      example: '',
    },
    {
      name: 'divisionCode',
      zh: '行政区划',
      en: 'Division',
      help: { zh: '从下拉列表选择，或填代码。', en: 'Choose from the list, or write its code.' },
      required: true,
      choices: ({ divisions }) => divisions,
      width: 16,
      example: '',
    },
    {
      name: 'lineCode',
      zh: '条线',
      en: 'Line',
      help: { zh: '主管条线，没有可不填。', en: 'The line of business it belongs to, if any.' },
      clearable: true,
      choices: ({ lines }) => lines,
      width: 14,
      example: '',
    },
    {
      name: 'areaM2',
      zh: '建筑面积（m²）',
      en: 'Area (m²)',
      help: { zh: '大于 0，至多两位小数。', en: 'Above 0, two decimals at most.' },
      required: true,
      read: decimal(2, 0.01),
      example: '3200',
    },
    {
      name: 'headcount',
      zh: '用能人数',
      en: 'Energy users',
      help: { zh: '实际用能人数。', en: 'Persons who use energy there.' },
      required: true,
      read: whole(0, 10_000_000),
      example: '120',
    },
  ],
  current: async (tx, keys) => {
    const { rows } = await tx.query<Row>(`${SELECT} where i.code = any($1::text[]) for no key update of i`, [keys]);
    return new Map(
      rows.map((row): [string, Current] => [row.code, { id: row.id, institutionId: row.id, values: valuesOf(row) }]),
    );
  },
  faults: async (tx, planned) => {
    const { rows } = await tx.query<{ code: string }>(
      `select d.code from registry.division d
       where platform.claimed_all(false) or d.code in (select platform.claimed_divisions())`,
    );
    const own = new Set(rows.map((row) => row.code));
    const living = await noDrafts(
      tx,
      planned.filter(({ action }) => action === 'update').map(({ after }) => String(after.code)),
    );
    return planned.map(({ action, after }): Fault[] => {
      const division = String(after.divisionCode);
      if (action === 'update' && living.has(String(after.code))) {
        return [
          {
            field: 'code',
            zh: `机构 ${after.code} 已启用，属性变更须经申请和他人审批（机构变更），不能导入修改。`,
            en: `Institution ${after.code} is no draft any more: ask for a change, which a second person approves.`,
          },
        ];
      }
      if (action === 'unchanged' || own.has(division)) return [];
      return [
        {
          field: 'divisionCode',
          zh: `区划 ${division} 不在您的范围内。`,
          en: `Division ${division} is outside your scope.`,
        },
      ];
    });
  },
  create: async (tx, planned) => {
    const { rows } = await tx.query<{ id: number; code: string }>(
      `insert into registry.institution (code, name_zh, name_en, type_code, division_code, line_code, area_m2, headcount, state)
       select r.code, r."nameZh", r."nameEn", r."typeCode", r."divisionCode", r."lineCode", r."areaM2", r.headcount, 'draft'
       from jsonb_to_recordset($1) as r(code text, "nameZh" text, "nameEn" text, "typeCode" text, "divisionCode" text,
         "lineCode" text, "areaM2" numeric, headcount int4)
       returning id, code`,
      [afters(planned)],
    );
    return new Map(rows.map(({ id, code }) => [code, id]));
  },
  update: async (tx, planned) => {
    await tx.query(
      `update registry.institution i set name_zh = r."nameZh", name_en = r."nameEn", type_code = r."typeCode",
         division_code = r."divisionCode", line_code = r."lineCode", area_m2 = r."areaM2", headcount = r.headcount
       from jsonb_to_recordset($1) as r(id int4, "nameZh" text, "nameEn" text, "typeCode" text, "divisionCode" text,
         "lineCode" text, "areaM2" numeric, headcount int4) where i.id = r.id`,
      [afters(planned)],
    );
  },
  inUse: async (tx, ids) => {
    const { rows } = await tx.query<{ code: string }>(
      `select i.code from registry.institution i where i.id = any($1::int4[])
         and (exists (select from registry.meter m where m.institution_id = i.id)
           or exists (select from registry.gateway g where g.institution_id = i.id)) order by i.code`,
      [ids],
    );
    return rows.map((row) => row.code);
  },
  remove: async (tx, ids) => {
    await tx.query('delete from registry.institution where id = any($1::int4[])', [ids]);
  },
  page: async (db, afterKey, limit) => {
    const { rows } = await db.query<Row>(`${SELECT} where i.code > $1 order by i.code limit $2`, [afterKey, limit]);
    return rows.map(valuesOf);
  },
};

/** Which of these codes a second person has let in already, or is asked to. */
async function noDrafts(tx: Tx, codes: readonly string[]): Promise<Set<string>> {
  if (codes.length === 0) return new Set();
  const { rows } = await tx.query<{ code: string }>(
    "select code from registry.institution where code = any($1::text[]) and state <> 'draft'",
    [codes],
  );
  return new Set(rows.map((row) => row.code));
}
