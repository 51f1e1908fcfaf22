import { GanzhiError } from '@ganzhi/schemas';
import { type Db, type Tx, withTx } from '@ganzhi/schemas/db';
import type { z } from 'zod';
import { scopedPool, underClaims } from '../../auth/claims.ts';
import { PERMISSIONS, type Permission } from '../../auth/permissions.ts';
import { audit } from '../../lib/audit.ts';
import { readSheetsApart } from '../../lib/sheets/read-apart.ts';
import { errorOf, importOf } from './answers.ts';
import { exportCsv, exportWorkbook } from './export.ts';
import { KINDS, type KindName } from './kind.ts';
import { linesOf } from './lines.ts';
import type { ErrorPage, RegistryImport } from './schema.ts';
import * as sql from './sql.ts';
import { check, commit, formatOf, keepFile, type Person, type Say, undo } from './work.ts';

/** What the operator of the machine does on the command line, in the name and inside the scope of a user. */

export interface ImportReport {
  import: z.infer<typeof RegistryImport>;
  /** The first hundred. */
  errors: z.infer<typeof ErrorPage>['items'];
}

export interface ImportOptions {
  login: string;
  commit: boolean;
  now: number;
  onProgress?: (phase: 'check' | 'commit', done: number) => void;
}

/**
 * Reads and checks a file, and commits it if asked to and nothing is wrong.
 *
 * @param kind what a CSV holds
 * @throws GanzhiError `not-found` or `forbidden` for the user, `invalid-request` for a file that is none
 */
export async function importRegistryFile(
  db: Db,
  file: { fileName: string; bytes: Buffer; kind?: string | undefined },
  { login, commit: wanted, now, onProgress = () => undefined }: ImportOptions,
): Promise<ImportReport> {
  const kind = file.kind === undefined ? undefined : kindsOf(file.kind)[0];
  const format = formatOf(file.fileName);
  const read = linesOf(await readSheetsApart(file.bytes, format), kind);
  return as(db, login, 'data.write', now, async (scoped, person) => {
    const id = await withTx(scoped, async (tx) => {
      const made = await keepFile(tx, { ...file, format }, read, person.userId, now);
      await record(tx, person, 'create', made);
      return made;
    });
    const step = (name: 'check' | 'commit', work: typeof check) =>
      withTx(scoped, async (tx) => {
        await work(tx, await existing(tx, id, true), person, (done) => onProgress(name, done));
        await record(tx, person, name, id);
      });
    await step('check', check);
    const checked = await existing(scoped, id);
    if (wanted && checked.state === 'ready') await step('commit', commit);
    const { rows } = await sql.listErrors(scoped, id, { limit: 100 });
    return { import: importOf(await existing(scoped, id)), errors: rows.map(errorOf) };
  });
}

/** @throws GanzhiError `not-found`, `forbidden`, or `conflict` when something was built on it */
export function undoRegistryImport(db: Db, id: number, login: string, now: number): Promise<ImportReport['import']> {
  const quiet: Say = () => undefined;
  return as(db, login, 'data.write', now, async (scoped, person) => {
    await withTx(scoped, async (tx) => {
      await undo(tx, await existing(tx, id, true), person, quiet);
      await record(tx, person, 'undo', id);
    });
    return importOf(await existing(scoped, id));
  });
}

/** @throws GanzhiError `not-found`, `forbidden`, `invalid-request` */
export function exportRegistryFile(
  db: Db,
  { kinds, format, language }: { kinds: string; format: 'xlsx' | 'csv'; language: 'zh' | 'en' },
  login: string,
  now: number,
): Promise<Buffer> {
  const wanted = kinds === 'all' ? [...KINDS] : kindsOf(kinds);
  const [first] = wanted;
  return as(db, login, 'data.export', now, async (scoped, person) => {
    const reference = await sql.readReference(scoped);
    if (format === 'csv' && wanted.length > 1)
      throw new GanzhiError('invalid-request', 'A CSV holds one kind; name one.');
    const { content, rows } =
      format === 'csv' && first
        ? await exportCsv(scoped, first, reference, language)
        : await exportWorkbook(scoped, wanted, reference, language);
    const after = { format, lang: language, rows, bytes: content.length };
    await audit(scoped, { actor: person.login, action: 'export.registry', target: wanted.join(','), after });
    return content;
  });
}

function kindsOf(list: string): KindName[] {
  const names = list.split(',');
  const unknown = names.find((name) => !(KINDS as readonly string[]).includes(name));
  if (unknown === undefined) return KINDS.filter((kind) => names.includes(kind));
  throw new GanzhiError('invalid-request', `There is no kind "${unknown}"; take ${KINDS.join(', ')}.`);
}

async function as<T>(
  db: Db,
  login: string,
  permission: Permission,
  now: number,
  work: (scoped: Db, person: Person) => Promise<T>,
): Promise<T> {
  const { rows } = await db.query<{ id: number; permissions: string[] | null }>(
    `select u.id, (select array_agg(distinct r.permission) from platform.rights_of(u.id, $2) r) as permissions
     from platform.app_user u where u.login = $1`,
    [login, new Date(now)],
  );
  const [user] = rows;
  if (!user) throw new GanzhiError('not-found', `There is no user "${login}".`);
  const permissions = PERMISSIONS.filter((one) => user.permissions?.includes(one));
  if (!permissions.includes(permission)) {
    throw new GanzhiError('forbidden', `User "${login}" has no role with ${permission}; grant one first.`);
  }
  const person = { userId: user.id, login, permissions, at: now };
  return underClaims({ userId: user.id, permission, atMs: now }, () => work(scopedPool(db), person));
}

async function existing(db: Db | Tx, id: number, lock = false): Promise<sql.ImportRow> {
  const row = await sql.findImport(db, id, lock);
  if (!row) throw new GanzhiError('not-found', `There is no import ${id} that this user may see.`);
  return row;
}

async function record(tx: Tx, { login }: Person, verb: string, id: number): Promise<void> {
  const after = importOf(await existing(tx, id));
  await audit(tx, { actor: login, action: `registry-import.${verb}`, target: `registry-import/${id}`, after });
}
