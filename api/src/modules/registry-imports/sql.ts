import type { Db, Tx } from '@ganzhi/schemas/db';
import { cut, decodeCursor } from '../../lib/page.ts';
import type { KindName, Reference, Values } from './kind.ts';
import type { FileError, Layout } from './lines.ts';
import type { GivenLine } from './plan.ts';

export type State = 'read' | 'ready' | 'faulty' | 'committed' | 'undone';
export type Action = 'create' | 'update' | 'unchanged';
export type Counts = Partial<Record<KindName, Record<Action | 'rows' | 'errors', number>>>;

export interface ImportRow {
  id: number;
  fileName: string;
  format: 'xlsx' | 'csv';
  bytes: number;
  sha256: string;
  state: State;
  counts: Counts;
  layout: Partial<Record<KindName, Layout>>;
  readErrors: number;
  version: number;
  createdBy: string;
  createdAt: number;
  checkedAt: number | null;
  committedBy: string | null;
  committedAt: number | null;
  undoneBy: string | null;
  undoneAt: number | null;
  progress: { phase: string; done: number; total: number; at: string } | null;
}

const SELECT = `select i.id, i.file_name as "fileName", i.format, i.bytes, encode(i.sha256, 'hex') as sha256, i.state, i.counts,
    i.layout, i.read_errors as "readErrors", i.version, c.login as "createdBy", i.created_at as "createdAt",
    i.checked_at as "checkedAt", m.login as "committedBy", i.committed_at as "committedAt", u.login as "undoneBy",
    i.undone_at as "undoneAt",
    (select jsonb_build_object('phase', p.phase, 'done', p.done, 'total', p.total, 'at', p.at)
      from platform.registry_import_progress p where p.import_id = i.id) as progress
  from platform.registry_import i
  join platform.app_user c on c.id = i.created_by
  left join platform.app_user m on m.id = i.committed_by
  left join platform.app_user u on u.id = i.undone_by`;

export async function findImport(db: Db | Tx, id: number, lock = false): Promise<ImportRow | undefined> {
  const { rows } = await db.query<ImportRow>(`${SELECT} where i.id = $1 ${lock ? 'for no key update of i' : ''}`, [id]);
  return rows[0];
}

export async function listImports(db: Db, page: { limit: number; cursor?: string | undefined }) {
  const after = decodeCursor('id', page.cursor, { value: 'text', id: 'int4' });
  const { rows } = await db.query<ImportRow>(
    `${SELECT} where ($1::int4 is null or i.id < $1) order by i.id desc limit $2`,
    [after?.id ?? null, page.limit + 1],
  );
  return cut(rows, page.limit, 'id', (row) => ({ value: null, id: String(row.id) }));
}

/** One import is written at a time; false: another one is. */
export async function takeTurn(tx: Tx): Promise<boolean> {
  const { rows } = await tx.query<{ mine: boolean }>('select pg_try_advisory_xact_lock(72190440) as mine');
  return rows[0]?.mine ?? false;
}

export async function insertImport(
  tx: Tx,
  file: {
    fileName: string;
    format: 'xlsx' | 'csv';
    bytes: number;
    sha256: Buffer;
    layout: object;
    counts: Counts;
    by: number;
    at: number;
  },
  lines: readonly GivenLine[],
  errors: readonly FileError[],
): Promise<number> {
  const { rows } = await tx.query<{ id: number }>(
    `insert into platform.registry_import (file_name, format, bytes, sha256, state, counts, layout, read_errors, created_by, created_at)
     values ($1, $2, $3, $4, 'read', $5, $6, $7, $8, $9) returning id`,
    [
      file.fileName,
      file.format,
      file.bytes,
      file.sha256,
      JSON.stringify(file.counts),
      JSON.stringify(file.layout),
      errors.length,
      file.by,
      new Date(file.at),
    ],
  );
  const id = rows[0]?.id ?? 0;
  for (const part of parts(lines)) {
    await tx.query(
      `insert into platform.registry_import_row (import_id, kind, line, given, key)
       select $1, r.kind, r.line, r.given, '' from jsonb_to_recordset($2) as r(kind text, line int4, given jsonb)`,
      [id, JSON.stringify(part)],
    );
  }
  await insertErrors(tx, id, errors, 0);
  return id;
}

async function insertErrors(tx: Tx, id: number, errors: readonly FileError[], from: number): Promise<void> {
  const numbered = errors.map((error, i) => ({ ...error, position: from + i }));
  for (const part of parts(numbered)) {
    await tx.query(
      `insert into platform.registry_import_error (import_id, position, kind, sheet, line, field, place, value, zh, en)
       select $1, r.position, r.kind, r.sheet, r.line, r.field, r.place, r.value, r.zh, r.en
       from jsonb_to_recordset($2) as r(position int4, kind text, sheet text, line int4, field text, place int4, value text,
         zh text, en text)`,
      [id, JSON.stringify(part)],
    );
  }
}

export async function linesOfImport(tx: Tx, id: number): Promise<GivenLine[]> {
  const { rows } = await tx.query<GivenLine>(
    'select kind, line, given from platform.registry_import_row where import_id = $1 order by kind, line',
    [id],
  );
  return rows;
}

export interface CheckedLine {
  kind: KindName;
  line: number;
  key: string;
  action: Action | null;
  recordId: number | null;
  before: Values | null;
  after: Values | null;
}

/** Keeps what a check found, in place of what an earlier one did. */
export async function keepCheck(
  tx: Tx,
  found: {
    id: number;
    state: 'ready' | 'faulty';
    counts: Counts;
    readErrors: number;
    institutionIds: readonly number[];
    at: number;
  },
  lines: readonly CheckedLine[],
  errors: readonly FileError[],
): Promise<void> {
  const { id, state, counts, readErrors, institutionIds, at } = found;
  await tx.query(
    `update platform.registry_import_row set action = null, key = '', record_id = null, before = null, after = null
     where import_id = $1 and (action is not null or key <> '')`,
    [id],
  );
  for (const part of parts(lines)) {
    await tx.query(
      `update platform.registry_import_row w set action = r.action, key = r.key, record_id = r."recordId", before = r.before,
         after = r.after
       from jsonb_to_recordset($2) as r(kind text, line int4, action text, key text, "recordId" int4, before jsonb, after jsonb)
       where w.import_id = $1 and w.kind = r.kind and w.line = r.line`,
      [id, JSON.stringify(part)],
    );
  }
  await tx.query('delete from platform.registry_import_error where import_id = $1 and position >= $2', [
    id,
    readErrors,
  ]);
  await insertErrors(tx, id, errors, readErrors);
  await tx.query(
    `update platform.registry_import set state = $2, counts = $3, institution_ids = $4, checked_at = $5, version = version + 1
     where id = $1`,
    [id, state, JSON.stringify(counts), institutionIds, new Date(at)],
  );
}

/** Lines of an import with what a check found, in the order of the file; of one action, if it is given. */
export async function checkedLines(tx: Db | Tx, id: number): Promise<CheckedLine[]> {
  const { rows } = await tx.query<CheckedLine>(
    `select kind, line, key, action, record_id as "recordId", before, after from platform.registry_import_row
     where import_id = $1 order by kind, line`,
    [id],
  );
  return rows;
}

export async function keepRecordIds(
  tx: Tx,
  id: number,
  kind: KindName,
  ids: ReadonlyMap<string, number>,
): Promise<void> {
  const pairs = Array.from(ids, ([key, recordId]) => ({ key, recordId }));
  for (const part of parts(pairs)) {
    await tx.query(
      `update platform.registry_import_row w set record_id = r."recordId"
       from jsonb_to_recordset($3) as r(key text, "recordId" int4) where w.import_id = $1 and w.kind = $2 and w.key = r.key`,
      [id, kind, JSON.stringify(part)],
    );
  }
}

export async function markCommitted(tx: Tx, id: number, by: number, at: number, institutionIds: readonly number[]) {
  await tx.query(
    `update platform.registry_import set state = 'committed', committed_by = $2, committed_at = $3, institution_ids = $4,
       version = version + 1 where id = $1`,
    [id, by, new Date(at), institutionIds],
  );
}

export async function markUndone(tx: Tx, id: number, by: number, at: number): Promise<void> {
  await tx.query(
    `update platform.registry_import set state = 'undone', undone_by = $2, undone_at = $3, version = version + 1 where id = $1`,
    [id, by, new Date(at)],
  );
}

/** Lines that write something, or all, page by page. */
export async function listLines(
  db: Db,
  id: number,
  page: { action?: Action | undefined; limit: number; cursor?: string | undefined },
) {
  const after = decodeCursor('place', page.cursor, { value: 'text', id: 'int4' });
  const { rows } = await db.query<CheckedLine>(
    `select kind, line, key, action, record_id as "recordId", before, after from platform.registry_import_row
     where import_id = $1 and ($2::text is null or action = $2) and action is not null
       and ($3::text is null or (kind, line) > ($3, $4::int4))
     order by kind, line limit $5`,
    [id, page.action ?? null, after?.value ?? null, after?.id ?? 0, page.limit + 1],
  );
  return cut(rows, page.limit, 'place', (row) => ({ value: row.kind, id: String(row.line) }));
}

export async function listErrors(db: Db, id: number, page: { limit: number; cursor?: string | undefined }) {
  const after = decodeCursor('position', page.cursor, { value: 'text', id: 'int4' });
  const { rows } = await db.query<FileError & { position: number }>(
    `select position, kind, sheet, line, field, place, value, zh, en from platform.registry_import_error
     where import_id = $1 and ($2::int4 is null or position > $2) order by position limit $3`,
    [id, after?.id ?? null, page.limit + 1],
  );
  return cut(rows, page.limit, 'position', (row) => ({ value: null, id: String(row.position) }));
}

export async function readReference(db: Db | Tx): Promise<Reference> {
  const choices = async (sql: string) => (await db.query<Reference['types'][number]>(sql)).rows;
  const named = 'code, name_zh as zh, name_en as en';
  return {
    types: await choices(`select ${named} from registry.institution_type order by code`),
    divisions: await choices(`select ${named} from registry.division order by sort_order, code`),
    lines: await choices(`select ${named} from registry.line order by code`),
    carriers: await choices(`select ${named} from energy.carrier order by sort_order`),
  };
}

export async function institutionIdsOf(tx: Tx, codes: readonly string[]): Promise<number[]> {
  const { rows } = await tx.query<{ id: number }>(
    'select id from registry.institution where code = any($1::text[]) order by id',
    [codes],
  );
  return rows.map(({ id }) => id);
}

/** Written beside the transaction of the work, so that others see it while it runs. */
export async function keepProgress(db: Db, id: number, phase: string, done: number, total: number, at: number) {
  await db.query(
    `insert into platform.registry_import_progress (import_id, phase, done, total, at) values ($1, $2, $3, $4, $5)
     on conflict (import_id) do update set phase = excluded.phase, done = excluded.done, total = excluded.total, at = excluded.at`,
    [id, phase, done, total, new Date(at)],
  );
}

const PART = 4_000;

function parts<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / PART) }, (_, i) => all.slice(i * PART, (i + 1) * PART));
}
