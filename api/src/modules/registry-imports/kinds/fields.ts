import type { Tx } from '@ganzhi/schemas/db';
import { code, words } from '../cells.ts';
import type { Fault, Field, PlanSoFar } from '../kind.ts';

/** Columns that several kinds have. */

export const INSTITUTION_CODE = code(
  /^[A-Za-z0-9][A-Za-z0-9-]{1,39}$/,
  '机构编码为 2 至 40 位字母、数字或连字符。',
  'An institution code has 2 to 40 letters, digits or hyphens.',
);

export const institutionCode: Field = {
  name: 'institutionCode',
  zh: '机构编码',
  en: 'Institution',
  help: {
    zh: '所属机构的编码，须已登记或在同一文件的“机构”表中。',
    en: 'Code of the institution, registered or in the same file.',
  },
  required: true,
  read: INSTITUTION_CODE,
  width: 16,
  example: 'CZ-0001',
};

export const nameZh: Field = {
  name: 'nameZh',
  zh: '名称',
  en: 'Chinese name',
  help: { zh: '中文名称，最长 200 字。', en: 'Chinese name, 200 characters at most.' },
  required: true,
  read: words(200),
  width: 28,
  example: '一号楼总表',
};

export const nameEn: Field = {
  name: 'nameEn',
  zh: '英文名称',
  en: 'English name',
  help: { zh: '英文名称，最长 200 字。', en: 'English name, 200 characters at most.' },
  required: true,
  read: words(200),
  width: 28,
  example: 'Main meter, building 1',
};

/** Institutions that lines may name: those in the caller's scope, and those that the file brings. */
export async function knownInstitutions(
  tx: Tx,
  codes: readonly string[],
  plan: PlanSoFar,
): Promise<ReadonlySet<string>> {
  const { rows } = await tx.query<{ code: string }>(
    'select code from registry.institution where code = any($1::text[])',
    [[...new Set(codes)]],
  );
  return new Set([...rows.map((row) => row.code), ...(plan.get('institutions') ?? []).map(({ key }) => key)]);
}

export const unknownInstitution = (institution: string): Fault => ({
  field: 'institutionCode',
  zh: `没有机构 ${institution}，或不在您的范围内。`,
  en: `There is no institution ${institution} in your scope.`,
});
