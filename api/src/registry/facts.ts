import type { Tx } from '@ganzhi/schemas/db';
import type { Attributes } from './input.ts';
import type { RegisteredInstitution } from './institutions.ts';

/**
 * Dated attributes. Numbers stand in energy.base_fact (the energy layer weighs by them), references and names in
 * registry.institution_fact; the columns of registry.institution are a copy of what holds today.
 */
const NUMBERS = {
  areaM2: 'area',
  headcount: 'persons',
  staff: 'staff',
  students: 'students',
  beds: 'beds',
} as const;
const REFERENCES = {
  typeCode: 'type',
  divisionCode: 'division',
  lineCode: 'line',
  parentId: 'parent',
  nameZh: 'name-zh',
  nameEn: 'name-en',
} as const;

/** What held before the first record of a kind, for bodies that were there before the registry kept days. */
const BEGINNING = '1990-01-01';

export interface FactSource {
  validFrom: string;
  sourceDocument: string;
  changeId: number | null;
  by: string;
  at: number;
}

interface Fact {
  kind: string;
  value: string | null;
}

/** Writes every attribute of a body that comes in, from its first day on. */
export async function writeFirstFacts(tx: Tx, institution: RegisteredInstitution, source: FactSource): Promise<void> {
  const { areaM2, headcount, typeCode, divisionCode, lineCode, parentId, nameZh, nameEn } = institution;
  const { staff, students, beds } = institution;
  const given = Object.fromEntries(Object.entries({ staff, students, beds }).filter(([, value]) => value !== null));
  const attributes = { areaM2, headcount, typeCode, divisionCode, lineCode, parentId, nameZh, nameEn, ...given };
  await insertFacts(tx, institution.id, factsOf(attributes), source);
}

/**
 * Writes attributes that hold from a day on and brings today's columns in line. Where a kind has no record yet, what held
 * until now is recorded first: the past keeps the area of then.
 */
export async function writeAttributes(
  tx: Tx,
  institution: RegisteredInstitution,
  attributes: Attributes,
  source: FactSource,
  today: string,
): Promise<void> {
  const facts = factsOf(attributes);
  await recordWhatHeld(tx, institution, facts, source);
  await insertFacts(tx, institution.id, facts, source);
  const { uscc = institution.uscc, initials = institution.initials } = attributes;
  await tx.query(
    `update registry.institution i set name_zh = a.name_zh, name_en = a.name_en, type_code = a.type_code,
       division_code = a.division_code, line_code = a.line_code, parent_id = a.parent_id,
       -- an area of 0 says that it counts nowhere any more; the last one stays in sight
       area_m2 = case when a.area_m2 > 0 then a.area_m2 else i.area_m2 end, headcount = a.headcount, staff = a.staff,
       students = a.students, beds = a.beds, uscc = $3, initials = $4, version = i.version + 1
     from registry.institution_as_of($2) a where a.id = i.id and i.id = $1`,
    [institution.id, today, uscc, initials],
  );
}

/** From a day on a body that ended counts neither area nor users. */
export async function writeEnd(tx: Tx, institution: RegisteredInstitution, source: FactSource): Promise<void> {
  const facts: Fact[] = [
    { kind: 'area', value: '0' },
    { kind: 'persons', value: '0' },
  ];
  await recordWhatHeld(tx, institution, facts, source);
  await insertFacts(tx, institution.id, facts, source);
}

function factsOf(attributes: Attributes): Fact[] {
  const kinds: Readonly<Record<string, string>> = { ...NUMBERS, ...REFERENCES };
  return Object.entries(attributes).flatMap(([name, value]) => {
    const kind = kinds[name];
    return kind === undefined ? [] : [{ kind, value: value === null || value === undefined ? null : String(value) }];
  });
}

const isNumber = ({ kind }: Fact): boolean => Object.values<string>(NUMBERS).includes(kind);

async function insertFacts(tx: Tx, institutionId: number, facts: readonly Fact[], source: FactSource): Promise<void> {
  const { validFrom, sourceDocument, changeId, by, at } = source;
  const numbers = facts.filter(isNumber);
  const common = [validFrom, sourceDocument, changeId, new Date(at), by];
  await tx.query(
    `insert into energy.base_fact (institution_id, kind, value, valid_from, source_document, change_id, recorded_at, recorded_by)
     select $1, f.kind, f.value, $4, $5, $6, $7, $8 from unnest($2::text[], $3::numeric[]) f(kind, value)`,
    [institutionId, numbers.map(({ kind }) => kind), numbers.map(({ value }) => value), ...common],
  );
  const references = facts.filter((fact) => !isNumber(fact));
  await tx.query(
    `insert into registry.institution_fact (institution_id, kind, value, valid_from, source_document, change_id, recorded_at,
       recorded_by)
     select $1, f.kind, f.value, $4, $5, $6, $7, $8 from unnest($2::text[], $3::text[]) f(kind, value)`,
    [institutionId, references.map(({ kind }) => kind), references.map(({ value }) => value), ...common],
  );
  // shared meters whose rule weighs by these are split again from that day on
  await tx.query(
    `select energy.mark_from(r.meter_id, $2) from energy.allocation_rule r
     join energy.allocation_share s on s.rule_id = r.id and s.institution_id = $1 where r.basis = any($3::text[])`,
    [institutionId, validFrom, numbers.map(({ kind }) => kind)],
  );
}

/** Known since the body was entered: a report as known on an earlier day finds it, too. */
async function recordWhatHeld(
  tx: Tx,
  institution: RegisteredInstitution,
  facts: readonly Fact[],
  { validFrom, changeId, at }: FactSource,
): Promise<void> {
  const { rows } = await tx.query<{ kind: string }>(
    `select kind from energy.base_fact where institution_id = $1
     union select kind from registry.institution_fact where institution_id = $1`,
    [institution.id],
  );
  const recorded = new Set(rows.map(({ kind }) => kind));
  const since = institution.memberFrom === '-infinity' ? BEGINNING : institution.memberFrom;
  const { areaM2, headcount, staff, students, beds, typeCode, divisionCode, lineCode, parentId, nameZh, nameEn } =
    institution;
  const held = { areaM2, headcount, typeCode, divisionCode, lineCode, parentId, nameZh, nameEn };
  const counted = Object.fromEntries(Object.entries({ staff, students, beds }).filter(([, value]) => value !== null));
  const missing = factsOf({ ...held, ...counted }).filter(
    ({ kind }) => !recorded.has(kind) && facts.some((fact) => fact.kind === kind),
  );
  if (since >= validFrom) return;
  await insertFacts(tx, institution.id, missing, {
    validFrom: since,
    sourceDocument: institution.sourceDocument || '变更前名录库记载 · registry before the first change',
    changeId,
    by: 'registry',
    at: Math.min(institution.createdAt, at),
  });
}
