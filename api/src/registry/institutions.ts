import type { Db, Tx } from '@ganzhi/schemas/db';
import { type BothLanguages, notFound, Refusal } from '../errors/refuse.ts';
import { stale } from '../lib/version.ts';
import type { InstitutionInput } from './input.ts';
import { isFinal, STATE_NAMES, type State } from './life-cycle.ts';

export interface RegisteredInstitution {
  id: number;
  code: string;
  uscc: string | null;
  nameZh: string;
  nameEn: string;
  initials: string;
  typeCode: string;
  divisionCode: string;
  lineCode: string | null;
  parentId: number | null;
  areaM2: string;
  headcount: number;
  staff: number | null;
  students: number | null;
  beds: number | null;
  /** `-infinity` for what was there before the registry kept days. */
  memberFrom: string;
  sourceDocument: string;
  state: State;
  version: number;
  createdAt: number;
}

const COLUMNS = `i.id, i.code, i.uscc, i.name_zh as "nameZh", i.name_en as "nameEn", i.initials, i.type_code as "typeCode",
  i.division_code as "divisionCode", i.line_code as "lineCode", i.parent_id as "parentId", i.area_m2 as "areaM2", i.headcount,
  i.staff, i.students, i.beds, i.member_from as "memberFrom", i.source_document as "sourceDocument", i.state, i.version,
  i.created_at as "createdAt"`;

/** One institution of the caller's scope as it stands today. `lock` keeps others from changing it in this transaction. */
export async function findInstitution(
  db: Db | Tx,
  id: number,
  lock = false,
): Promise<RegisteredInstitution | undefined> {
  const { rows } = await db.query<RegisteredInstitution>(
    `select ${COLUMNS} from registry.institution i where i.id = $1 ${lock ? 'for update' : ''}`,
    [id],
  );
  return rows[0];
}

/** @throws Refusal `not-found`, also for what lies outside the caller's scope */
export async function existingInstitution(db: Db | Tx, id: number, lock = false): Promise<RegisteredInstitution> {
  const found = await findInstitution(db, id, lock);
  if (!found) throw notFound();
  return found;
}

/**
 * Enters an institution as a draft; nothing counts for it before a second person approved its entry.
 *
 * @param tx transaction of the caller; its claim must hold the division
 * @throws Refusal `invalid-request` naming each field whose reference is unknown; `conflict` for a code that is taken;
 *   `forbidden` outside the caller's division
 */
export async function createInstitution(tx: Tx, input: InstitutionInput): Promise<RegisteredInstitution> {
  await assertInScope(tx, input.divisionCode);
  await assertReferences(tx, input);
  await assertFree(tx, input, null);
  const { rows } = await tx.query<{ id: number }>(
    `insert into registry.institution (code, uscc, name_zh, name_en, initials, type_code, division_code, line_code, parent_id,
       area_m2, headcount, staff, students, beds, member_from, source_document, state)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'draft')
     on conflict (code) do nothing returning id`,
    valuesOf(input),
  );
  const [row] = rows;
  if (!row) throw codeTaken(input.code);
  return existingInstitution(tx, row.id);
}

/**
 * Replaces what a draft says.
 *
 * @throws Refusal `stale-version`, `conflict` when it is no draft any more, and those of `createInstitution`
 */
export async function updateDraft(
  tx: Tx,
  id: number,
  version: number,
  input: InstitutionInput,
): Promise<RegisteredInstitution> {
  const before = await existingInstitution(tx, id, true);
  if (before.version !== version) throw stale();
  if (before.state !== 'draft') {
    throw new Refusal('conflict', {
      zh: `机构状态为“${STATE_NAMES[before.state].zh}”，只有草稿可以直接修改；其余请提交变更申请。`,
      en: `The institution is ${STATE_NAMES[before.state].en}; only drafts are edited. Hand in a change instead.`,
    });
  }
  await assertReferences(tx, input, id);
  await assertFree(tx, input, id);
  await assertInScope(tx, input.divisionCode);
  await tx.query(
    `update registry.institution set code = $1, uscc = $2, name_zh = $3, name_en = $4, initials = $5, type_code = $6,
       division_code = $7, line_code = $8, parent_id = $9, area_m2 = $10, headcount = $11, staff = $12, students = $13,
       beds = $14, member_from = $15, source_document = $16, version = version + 1
     where id = $17`,
    [...valuesOf(input), id],
  );
  return existingInstitution(tx, id);
}

const valuesOf = (input: InstitutionInput): unknown[] => [
  input.code,
  input.uscc,
  input.nameZh,
  input.nameEn,
  input.initials,
  input.typeCode,
  input.divisionCode,
  input.lineCode,
  input.parentId,
  input.areaM2,
  input.headcount,
  input.staff,
  input.students,
  input.beds,
  input.memberFrom,
  input.sourceDocument,
];

export interface References {
  typeCode?: string | undefined;
  divisionCode?: string | undefined;
  lineCode?: string | null | undefined;
  parentId?: number | null | undefined;
}

/**
 * Fields that name something the registry does not have, with what to do. For previews of imports, too.
 *
 * @param self id of the institution itself: nobody stands below himself, not even over others
 */
export async function referenceFaults(
  tx: Tx,
  { typeCode, divisionCode, lineCode, parentId }: References,
  self?: number,
): Promise<{ path: keyof References; text: BothLanguages }[]> {
  const { rows } = await tx.query<{
    type: boolean;
    division: boolean;
    line: boolean;
    parent: string | null;
    cycle: boolean;
  }>(
    `with recursive up(id) as (
       select $4::int4 union select i.parent_id from registry.institution i join up on i.id = up.id where i.parent_id is not null)
     select exists (select from registry.institution_type where code = $1) as type,
       exists (select from registry.division where code = $2 and retired_on is null) as division,
       exists (select from registry.line where code = $3 and retired_on is null) as line,
       (select state from registry.institution where id = $4) as parent, exists (select from up where id = $5) as cycle`,
    [typeCode ?? null, divisionCode ?? null, lineCode ?? null, parentId ?? null, self ?? null],
  );
  const [found] = rows;
  if (!found) throw new Error('a select without "from" gave no row');
  const faults: { path: keyof References; text: BothLanguages }[] = [];
  const fault = (path: keyof References, zh: string, en: string) => faults.push({ path, text: { zh, en } });
  if (typeCode !== undefined && !found.type)
    fault('typeCode', `没有机构类型“${typeCode}”。`, `There is no institution type "${typeCode}".`);
  if (divisionCode !== undefined && !found.division)
    fault(
      'divisionCode',
      `没有行政区划“${divisionCode}”，或已撤销；请先登记区划。`,
      `There is no division "${divisionCode}", or it was abolished; register it first.`,
    );
  if (typeof lineCode === 'string' && !found.line)
    fault(
      'lineCode',
      `没有条线“${lineCode}”，或已撤销；请先登记条线。`,
      `There is no line "${lineCode}", or it was abolished; register it first.`,
    );
  if (typeof parentId === 'number') {
    if (found.parent === null || isFinal(found.parent as State))
      fault(
        'parentId',
        '没有此上级机构，或已不在库。',
        'There is no such parent institution, or it left the registry.',
      );
    else if (found.cycle)
      fault('parentId', '上级机构不能是本机构或其下级。', 'The parent must be neither itself nor one below it.');
  }
  return faults;
}

/** @throws Refusal `invalid-request` naming every field at fault */
export async function assertReferences(tx: Tx, references: References, self?: number): Promise<void> {
  const faults = await referenceFaults(tx, references, self);
  if (faults.length === 0) return;
  throw new Refusal(
    'invalid-request',
    { zh: faults.map(({ text }) => text.zh).join(''), en: faults.map(({ text }) => text.en).join(' ') },
    {
      fields: faults.map(({ path, text }) => ({ path, code: 'unknown-reference', message: `${text.zh} · ${text.en}` })),
    },
  );
}

/**
 * A social credit code stands once among the living.
 *
 * @throws Refusal `conflict` naming the institution, if the caller may see it
 */
export async function assertFree(
  tx: Tx,
  { uscc }: { uscc?: string | null | undefined },
  self: number | null,
): Promise<void> {
  if (uscc === null || uscc === undefined) return;
  const { rows } = await tx.query<{ code: string; name: string }>(
    `select code, name_zh as name from registry.institution
     where uscc = $1 and id is distinct from $2 and state not in ('merged', 'split', 'removed')`,
    [uscc, self],
  );
  const [taken] = rows;
  if (!taken) return;
  throw new Refusal(
    'conflict',
    {
      zh: `统一社会信用代码 ${uscc} 已由“${taken.name}”（${taken.code}）使用。`,
      en: `The social credit code ${uscc} belongs to ${taken.name} (${taken.code}).`,
    },
    { fields: [{ path: 'uscc', code: 'taken', message: taken.code }] },
  );
}

/** @throws Refusal `forbidden` for a division outside the caller's scope */
export async function assertInScope(tx: Tx, divisionCode: string): Promise<void> {
  const { rows } = await tx.query<{ inside: boolean }>(
    'select platform.claimed_all(false) or $1 in (select platform.claimed_divisions()) as inside',
    [divisionCode],
  );
  if (rows[0]?.inside) return;
  throw new Refusal('forbidden', {
    zh: `您的权限不含行政区划 ${divisionCode}，请由该区划的管理员录入。`,
    en: `Division ${divisionCode} lies outside your scope; have its administrator enter it.`,
  });
}

const codeTaken = (code: string): Refusal =>
  new Refusal(
    'conflict',
    { zh: `机构编码 ${code} 已被使用。`, en: `The code ${code} is taken.` },
    { fields: [{ path: 'code', code: 'taken', message: code }] },
  );
