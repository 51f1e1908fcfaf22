import { createHash } from 'node:crypto';
import { claimsText, type Tx } from '@ganzhi/schemas/db';
import { Refusal } from '../../errors/refuse.ts';
import { changedFields, KINDS, type KindName, type Planned, type Values, type Writer } from './kind.ts';
import { KIND_OF } from './kinds/index.ts';
import type { FileError, FileLines } from './lines.ts';
import { type LineError, makePlan } from './plan.ts';
import * as sql from './sql.ts';

/** Check, commit and undo of an import, each inside the transaction of its route. */

export type Say = (done: number) => void;

/** Who does it: his claim for a second permission decides where gateways may be. */
export interface Person extends Writer {
  userId: number;
  permissions: readonly string[];
}

/** By the ending of a name. */
export const formatOf = (fileName: string): 'csv' | 'xlsx' => (/\.csv$/i.test(fileName) ? 'csv' : 'xlsx');

/** Keeps what was read of a file. */
export function keepFile(
  tx: Tx,
  { fileName, format, bytes }: { fileName: string; format: 'csv' | 'xlsx'; bytes: Buffer },
  { lines, layout, errors }: FileLines,
  by: number,
  at: number,
): Promise<number> {
  const counts = Object.fromEntries(
    KINDS.filter((name) => layout[name]).map((name) => {
      const rows = lines.filter(({ kind }) => kind === name).length;
      return [name, { rows, create: 0, update: 0, unchanged: 0, errors: 0 }];
    }),
  );
  const sha256 = createHash('sha256').update(bytes).digest();
  const file = { fileName, format, bytes: bytes.length, sha256, layout, counts, by, at };
  return sql.insertImport(tx, file, lines, errors);
}

/** What the file would do now; kept, so that people can look at it. */
export async function check(tx: Tx, row: sql.ImportRow, person: Person, say: Say): Promise<void> {
  if (row.state === 'committed' || row.state === 'undone') throw done(row.state);
  const lines = await sql.linesOfImport(tx, row.id);
  const { planned, errors } = await makePlan(tx, lines, await sql.readReference(tx), say);
  const all = [...errors, ...(await beyondFleet(tx, planned, person))];
  const wrong = new Set(all.map(({ kind, line }) => `${kind}/${line}`));
  const checked = planned.map(
    ({ kind, line, key, action, current, after }): sql.CheckedLine => ({
      kind,
      line,
      key,
      action: wrong.has(`${kind}/${line}`) ? null : action,
      recordId: current?.id ?? null,
      before: action === 'update' ? (current?.values ?? null) : null,
      after: action === 'unchanged' ? null : after,
    }),
  );
  const found = {
    id: row.id,
    state: all.length + row.readErrors === 0 ? 'ready' : 'faulty',
    counts: countsOf(row.counts, checked, all),
    readErrors: row.readErrors,
    institutionIds: await sql.institutionIdsOf(tx, institutionsOf(planned)),
    at: person.at,
  } as const;
  await sql.keepCheck(tx, found, checked, placed(all, row, lines));
}

function countsOf(before: sql.Counts, lines: readonly sql.CheckedLine[], errors: readonly LineError[]): sql.Counts {
  const of = (kind: string, action: string) =>
    lines.filter((line) => line.kind === kind && line.action === action).length;
  return Object.fromEntries(
    Object.entries(before).map(([kind, { rows }]) => [
      kind,
      {
        rows,
        create: of(kind, 'create'),
        update: of(kind, 'update'),
        unchanged: of(kind, 'unchanged'),
        errors: errors.filter((error) => error.kind === kind).length,
      },
    ]),
  );
}

/** Errors by cell, in the order of the file. */
function placed(
  errors: readonly LineError[],
  { layout }: sql.ImportRow,
  lines: Awaited<ReturnType<typeof sql.linesOfImport>>,
): FileError[] {
  const given = new Map(lines.map((line) => [`${line.kind}/${line.line}`, line.given]));
  return errors
    .map((error) => ({
      ...error,
      sheet: layout[error.kind]?.sheet ?? '',
      place: (error.field !== null && layout[error.kind]?.places[error.field]) || null,
      value: (error.field !== null && given.get(`${error.kind}/${error.line}`)?.[error.field]) || '',
    }))
    .map((error) => ({ ...error, value: error.value.slice(0, 200) }))
    .sort(
      (a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.line - b.line || (a.place ?? 0) - (b.place ?? 0),
    );
}

/** Institutions that lines touch, by code. */
function institutionsOf(planned: readonly Pick<Planned, 'kind' | 'after' | 'current'>[]): string[] {
  const codes = planned.flatMap(({ kind, after, current }) => {
    const field = kind === 'institutions' ? 'code' : 'institutionCode';
    return [after[field], current?.values[field]];
  });
  return [...new Set(codes.filter((code) => typeof code === 'string'))];
}

/** Lines of gateways outside the part of the city for which the person keeps the fleet. */
async function beyondFleet(tx: Tx, planned: readonly Planned[], person: Person): Promise<LineError[]> {
  const own = planned.filter(
    ({ kind, action }) => KIND_OF[kind].permission === 'fleet.manage' && action !== 'unchanged',
  );
  if (own.length === 0) return [];
  const words = {
    zh: '登记网关需要该机构范围内的网关管理权限（fleet.manage）。',
    en: 'Gateways are entered by who keeps the fleet of that institution (fleet.manage).',
  };
  const divisionOf = new Map(
    planned.flatMap(({ kind, action, key, after }) =>
      kind === 'institutions' && action === 'create' ? [[key, String(after.divisionCode)] as const] : [],
    ),
  );
  const fleet = person.permissions.includes('fleet.manage')
    ? await fleetOf(tx, institutionsOf(own), person)
    : { institutions: new Set<string>(), divisions: new Set<string>() };
  return own.flatMap(({ kind, line, after, current }) => {
    const named = institutionsOf([{ kind, after, current }]);
    const good = named.every((code) => fleet.institutions.has(code) || fleet.divisions.has(divisionOf.get(code) ?? ''));
    return good ? [] : [{ kind, line, field: 'institutionCode', ...words }];
  });
}

/** Institutions and divisions for which a person keeps the fleet: the scope of another permission than the route's. */
async function fleetOf(tx: Tx, codes: readonly string[], { userId, at }: Person) {
  const { rows: before } = await tx.query<{ claims: string }>("select current_setting('ganzhi.claims') as claims");
  const claim = (text: string) => tx.query("select set_config('ganzhi.claims', $1, true)", [text]);
  await claim(claimsText({ userId, permission: 'fleet.manage', atMs: at }));
  const institutions = await tx.query<{ code: string }>(
    'select code from registry.institution where code = any($1::text[])',
    [codes],
  );
  const divisions = await tx.query<{ code: string }>(
    'select code from registry.division where platform.claimed_all(false) or code in (select platform.claimed_divisions())',
  );
  await claim(before[0]?.claims ?? 'none');
  const codesOf = ({ rows }: { rows: readonly { code: string }[] }) => new Set(rows.map(({ code }) => code));
  return { institutions: codesOf(institutions), divisions: codesOf(divisions) };
}

/**
 * Writes what the preview showed, all of it or nothing. The plan is made again inside the transaction, on locked rows, and
 * must be the one that was looked at.
 *
 * @throws Refusal `conflict` naming what changed since
 */
export async function commit(tx: Tx, row: sql.ImportRow, person: Person, say: Say): Promise<void> {
  if (row.state === 'committed' || row.state === 'undone') throw done(row.state);
  if (row.state !== 'ready') throw notReady();
  await assertTurn(tx);
  const lines = await sql.linesOfImport(tx, row.id);
  const { planned, errors } = await makePlan(tx, lines, await sql.readReference(tx));
  const beyond = await beyondFleet(tx, planned, person);
  const seen = new Map((await sql.checkedLines(tx, row.id)).map((line) => [`${line.kind}/${line.line}`, line]));
  const moved = planned.filter((one) => !isAsSeen(one, seen.get(`${one.kind}/${one.line}`)));
  const changed = [...[...errors, ...beyond].map(nameOf), ...moved.map(nameOf)];
  if (changed.length > 0 || planned.length !== lines.length) throw changedSince(changed);
  const finished = adding(say);
  for (const name of KINDS) {
    const kind = KIND_OF[name];
    const own = planned.filter((one) => one.kind === name);
    const created = own.filter(({ action }) => action === 'create');
    const ids = new Map<string, number>();
    for (const part of parts(kind.ordered?.(created) ?? created)) {
      for (const [key, id] of await kind.create(tx, part, person)) ids.set(key, id);
      finished(part.length);
    }
    if (ids.size !== created.length) throw changedSince(created.filter(({ key }) => !ids.has(key)).map(nameOf));
    await sql.keepRecordIds(tx, row.id, name, ids);
    for (const part of parts(own.filter(({ action }) => action === 'update'))) {
      await kind.update(tx, part, person);
      finished(part.length);
    }
  }
  const institutionIds = await sql.institutionIdsOf(tx, institutionsOf(planned));
  await sql.markCommitted(tx, row.id, person.userId, person.at, institutionIds);
}

function isAsSeen(planned: Planned, seen: sql.CheckedLine | undefined): boolean {
  if (!seen || seen.action !== planned.action || seen.key !== planned.key) return false;
  if ((seen.recordId ?? null) !== (planned.current?.id ?? null)) return false;
  const same = (a: Values | null, b: Values | undefined) =>
    changedFields(KIND_OF[planned.kind], a ?? {}, b ?? {}).length === 0;
  const asAfter = planned.action === 'unchanged' || same(seen.after, planned.after);
  return asAfter && (planned.action !== 'update' || same(seen.before, planned.current?.values));
}

/**
 * Takes a committed import back: what it made goes, what it changed is as before.
 *
 * @throws Refusal `conflict` when something it wrote was changed since, or something was built on it
 */
export async function undo(tx: Tx, row: sql.ImportRow, person: Person, say: Say): Promise<void> {
  if (row.state !== 'committed') throw row.state === 'undone' ? done('undone') : notCommitted();
  await assertTurn(tx);
  const lines = (await sql.checkedLines(tx, row.id)).filter(({ action }) => action === 'create' || action === 'update');
  const asFleet = lines.filter(({ kind }) => KIND_OF[kind].permission !== undefined);
  const finished = adding(say);
  for (const name of [...KINDS].reverse()) {
    const kind = KIND_OF[name];
    const own = lines.filter((line) => line.kind === name);
    if (own.length === 0) continue;
    const current = await kind.current(
      tx,
      own.map(({ key }) => key),
    );
    const moved = own.filter(({ key, recordId, after }) => {
      const now = current.get(key);
      return now?.id !== recordId || changedFields(kind, now?.values ?? {}, after ?? {}).length > 0;
    });
    if (moved.length > 0) throw changedSince(moved.map(nameOf));
    const beyond = await beyondFleet(
      tx,
      own.map((line) => plannedOf(line, current)),
      person,
    );
    if (beyond.length > 0) throw changedSince(asFleet.map(nameOf));
    for (const part of parts(own.filter(({ action }) => action === 'update'))) {
      await kind.update(
        tx,
        part.map((line) => plannedOf(line, current)),
        person,
      );
      finished(part.length);
    }
    const made = own.flatMap(({ action, recordId }) => (action === 'create' && recordId !== null ? [recordId] : []));
    const used = await kind.inUse(tx, made);
    if (used.length > 0) throw inUse(name, used);
    await kind.remove(tx, made).catch((error: unknown) => {
      if ((error as { code?: string }).code !== '23503') throw error;
      throw inUse(name, []);
    });
    finished(made.length);
  }
  await sql.markUndone(tx, row.id, person.userId, person.at);
}

const plannedOf = (line: sql.CheckedLine, current: ReadonlyMap<string, NonNullable<Planned['current']>>): Planned => ({
  kind: line.kind,
  line: line.line,
  key: line.key,
  action: 'update',
  current: current.get(line.key),
  after: line.before ?? line.after ?? {},
});

/** Says how many are done by now, from how many more. */
function adding(say: Say): (more: number) => void {
  let done = 0;
  return (more) => {
    done += more;
    say(done);
  };
}

async function assertTurn(tx: Tx): Promise<void> {
  if (await sql.takeTurn(tx)) return;
  throw new Refusal('conflict', {
    zh: '另一个导入正在写入，请稍后再试。',
    en: 'Another import is being written; try again shortly.',
  });
}

const nameOf = (one: { kind: KindName; line: number }): string => `${KIND_OF[one.kind].sheet.zh} ${one.line}`;

const changedSince = (names: readonly string[]): Refusal =>
  new Refusal('conflict', {
    zh: `名录在此期间已变化（${[...new Set(names)].slice(0, 10).join('、')}），请重新检查后再提交。`,
    en: `The registry has changed meanwhile (${names.length} lines); check again and look at the preview.`,
  });

const inUse = (kind: KindName, names: readonly string[]): Refusal =>
  new Refusal('conflict', {
    zh: `${KIND_OF[kind].sheet.zh}已投入使用，不能撤销${names.length > 0 ? `：${names.slice(0, 10).join('、')}` : ''}。`,
    en: `Something was built on its ${kind}${names.length > 0 ? ` (${names.slice(0, 10).join(', ')})` : ''}; it cannot be undone.`,
  });

const done = (state: 'committed' | 'undone'): Refusal =>
  new Refusal('conflict', {
    zh: state === 'committed' ? '该导入已提交。' : '该导入已撤销，请重新上传文件。',
    en: state === 'committed' ? 'This import is committed.' : 'This import was undone; send the file again.',
  });

const notReady = (): Refusal =>
  new Refusal('conflict', {
    zh: '请先检查文件并改正全部错误，再提交。',
    en: 'Check the file and mend every error before you commit.',
  });

const notCommitted = (): Refusal =>
  new Refusal('conflict', {
    zh: '该导入尚未提交，无可撤销。',
    en: 'This import was never committed; nothing is to be undone.',
  });

const PART = 2_000;

function parts<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / PART) }, (_, i) => all.slice(i * PART, (i + 1) * PART));
}
