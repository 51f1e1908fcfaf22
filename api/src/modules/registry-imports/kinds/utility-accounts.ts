import { words } from '../cells.ts';
import type { Current, Kind, Values } from '../kind.ts';
import { afters } from './buildings.ts';
import { institutionCode, knownInstitutions, unknownInstitution } from './fields.ts';

interface Row {
  id: number;
  institutionId: number;
  carrier: string;
  accountNo: string;
  institutionCode: string;
  supplier: string;
  purpose: string;
  counting: string;
}

const SELECT = `select a.id, a.institution_id as "institutionId", a.carrier, a.account_no as "accountNo", i.code as "institutionCode",
    a.supplier, a.purpose, a.counting
  from energy.utility_account a join registry.institution i on i.id = a.institution_id`;

const valuesOf = ({ id: _, institutionId: __, ...row }: Row): Values => row;

export const utilityAccounts: Kind = {
  name: 'utility-accounts',
  sheet: { zh: '用能账户', en: 'Utility accounts' },
  key: ['carrier', 'accountNo'],
  fields: [
    {
      name: 'carrier',
      zh: '能源品种',
      en: 'Carrier',
      help: { zh: '从下拉列表选择。', en: 'Choose from the list.' },
      required: true,
      choices: ({ carriers }) => carriers,
      width: 14,
      example: '电力',
    },
    {
      name: 'accountNo',
      zh: '户号',
      en: 'Account number',
      help: { zh: '供应商账单上的户号；单元格请设为文本。', en: "As on the supplier's bill; format the cell as text." },
      required: true,
      read: words(64),
      width: 20,
      example: '3204001234567',
    },
    institutionCode,
    {
      name: 'supplier',
      zh: '供应单位',
      en: 'Supplier',
      help: { zh: '最长 100 字。', en: '100 characters at most.' },
      required: true,
      read: words(100),
      width: 24,
      example: '常州供电公司',
    },
    {
      name: 'purpose',
      zh: '用途',
      en: 'Purpose',
      help: { zh: '建筑或车辆；不填为建筑。', en: 'Building or vehicle; empty: building.' },
      initial: 'building',
      choices: () => [
        { code: 'building', zh: '建筑', en: 'Building' },
        { code: 'vehicle', zh: '车辆', en: 'Vehicle' },
      ],
      example: '建筑',
    },
    {
      name: 'counting',
      zh: '计入方式',
      en: 'Counting',
      help: {
        zh: '核对：总表已计量同一用能，账单只供比对；补充：没有总表计量，账单计入。',
        en: 'Check: our main meters see the same supply. Additional: no main meter sees it, so the bills count.',
      },
      required: true,
      choices: () => [
        { code: 'check', zh: '核对', en: 'Check' },
        { code: 'additional', zh: '补充', en: 'Additional' },
      ],
      example: '核对',
    },
  ],
  current: async (tx, keys) => {
    const { rows } = await tx.query<Row>(
      `${SELECT} where a.carrier || '/' || a.account_no = any($1::text[]) for no key update of a`,
      [keys],
    );
    return new Map(
      rows.map((row): [string, Current] => [`${row.carrier}/${row.accountNo}`, { ...row, values: valuesOf(row) }]),
    );
  },
  faults: async (tx, planned, plan) => {
    const known = await knownInstitutions(
      tx,
      planned.map(({ after }) => String(after.institutionCode)),
      plan,
    );
    const billed = new Set(
      await withBills(
        tx,
        planned.flatMap(({ current }) => current?.id ?? []),
      ),
    );
    return planned.map(({ after, current }) => {
      const institution = String(after.institutionCode);
      if (!known.has(institution)) return [unknownInstitution(institution)];
      const moved = current !== undefined && current.values.institutionCode !== institution;
      if (!moved || !billed.has(current.id)) return [];
      const zh = '该户号已有账单，不能改属机构。';
      return [{ field: 'institutionCode', zh, en: 'The account has bills and stays with its institution.' }];
    });
  },
  create: async (tx, planned, by) => {
    const { rows } = await tx.query<{ id: number; key: string }>(
      `insert into energy.utility_account as a (institution_id, carrier, account_no, supplier, purpose, counting, created_by, created_at)
       select i.id, r.carrier, r."accountNo", r.supplier, r.purpose, r.counting, $2, $3
       from jsonb_to_recordset($1) as r(carrier text, "accountNo" text, "institutionCode" text, supplier text, purpose text,
         counting text)
       join registry.institution i on i.code = r."institutionCode"
       returning a.id, a.carrier || '/' || a.account_no as key`,
      [afters(planned), by.login, new Date(by.at)],
    );
    return new Map(rows.map(({ id, key }) => [key, id]));
  },
  update: async (tx, planned) => {
    await tx.query(
      `update energy.utility_account a set institution_id = i.id, supplier = r.supplier, purpose = r.purpose, counting = r.counting
       from jsonb_to_recordset($1) as r(id int4, "institutionCode" text, supplier text, purpose text, counting text)
       join registry.institution i on i.code = r."institutionCode" where a.id = r.id`,
      [afters(planned)],
    );
  },
  inUse: async (tx, ids) => {
    const { rows } = await tx.query<{ no: string }>(
      `select a.account_no as no from energy.utility_account a where a.id = any($1::int4[])
         and (exists (select from energy.bill b where b.account_id = a.id)
           or exists (select from registry.meter m where m.utility_account_id = a.id)) order by no`,
      [ids],
    );
    return rows.map(({ no }) => no);
  },
  remove: async (tx, ids) => {
    await tx.query('delete from energy.utility_account where id = any($1::int4[])', [ids]);
  },
  page: async (db, afterKey, limit) => {
    const key = "a.carrier || '/' || a.account_no";
    const { rows } = await db.query<Row>(`${SELECT} where ${key} > $1 order by ${key} limit $2`, [afterKey, limit]);
    return rows.map(valuesOf);
  },
};

async function withBills(tx: Parameters<Kind['remove']>[0], ids: readonly number[]): Promise<number[]> {
  const { rows } = await tx.query<{ id: number }>(
    'select distinct account_id as id from energy.bill where account_id = any($1::int4[])',
    [ids],
  );
  return rows.map(({ id }) => id);
}
